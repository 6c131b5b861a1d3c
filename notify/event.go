package notify

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// Event says what to reload.
type Event struct {
	Schema, Config bool
	// Missed is set if nothing was announced: changes of the schema may have been missed.
	Missed bool
	// Change is the command that changed the schema; nil if it is not known what did, or what it changed.
	Change *Change
	// Position is a place in the primary's log behind the change, as the number of bytes before it; 0 if it is not known.
	Position uint64
}

// Change is a DDL command and the objects that it touched, as the event triggers tell of them (sql/watch_ddl.sql).
type Change struct {
	Command string // its tag, as "ALTER TABLE"
	Objects []Object
}

// Object is an object of the database that a command touched.
type Object struct {
	// Class is the oid of the catalog that holds the object, Oid its own; 0 if privileges on several have changed.
	Class, Oid uint32
	Dropped    bool
	// Any is set if it stands for any objects of the catalog, in Schema unless that is "", whatever was done to them.
	Any    bool
	Schema string // its schema, "" if it has none; for a schema its name
}

// parsePayload reads a notification's payload. Payloads that mean nothing here are reported as false.
//
//	""                       schema and configuration
//	"reload schema"          schema
//	"reload schema [\"\", …]" schema, by a command that is told (what the event triggers send)
//	"reload schema [\"a\"]"  schema (what the event triggers of older versions send)
//	"reload config"          configuration
func parsePayload(payload string) (Event, bool) {
	switch payload {
	case "":
		return Event{Schema: true, Config: true}, true
	case "reload schema":
		return Event{Schema: true}, true
	case "reload config":
		return Event{Config: true}, true
	}
	list, ok := strings.CutPrefix(payload, "reload schema ")
	if !ok {
		return Event{}, false
	}
	var words []string
	if json.Unmarshal([]byte(list), &words) != nil || len(words) == 0 {
		return Event{}, false
	}
	e := Event{Schema: true}
	if words[0] == "" && len(words) > 2 && isTag(words[1]) { // no schema has this name
		e.Change = parseChange(words[1], words[2:])
	}
	return e, true
}

// isTag reports whether a text can be the tag of a command, or what stands for several. Any role may send
// notifications, and logs have the tag.
func isTag(text string) bool {
	const longest = 64
	return len(text) <= longest && strings.Trim(strings.ToUpper(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == "" && text != ""
}

// parseChange reads the objects that a command touched. It returns nil if one of them is not understood.
func parseChange(command string, words []string) *Change {
	c := &Change{Command: command, Objects: make([]Object, len(words))}
	for i, word := range words {
		var err error
		if c.Objects[i], err = parseObject(word); err != nil {
			return nil
		}
	}
	return c
}

// errNoObject says that a text does not name an object.
var errNoObject = errors.New("not an object")

// parseObject reads an object as "+1259 16385 api", with - if it was dropped, or "*1259 api" for any objects of a
// catalog.
func parseObject(word string) (Object, error) {
	class, rest, _ := strings.Cut(word, " ")
	if class == "" || !strings.ContainsRune("+-*", rune(class[0])) {
		return Object{}, errNoObject
	}
	classNumber, err := strconv.ParseUint(class[1:], 10, 32)
	if err != nil {
		return Object{}, errNoObject
	}
	if class[0] == '*' {
		return Object{Class: uint32(classNumber), Any: true, Schema: rest}, nil
	}
	oid, schema, _ := strings.Cut(rest, " ")
	number, err := strconv.ParseUint(oid, 10, 32)
	if err != nil {
		return Object{}, errNoObject
	}
	return Object{Class: uint32(classNumber), Oid: uint32(number), Dropped: class[0] == '-', Schema: schema}, nil
}
