package notify

import (
	"encoding/json"
	"strings"
)

// Event says what to reload.
type Event struct {
	Schema, Config bool
	// Schemas are the only schemas that changed; nil if that is not known.
	Schemas []string
}

// parsePayload reads a notification's payload. Payloads that mean nothing here are reported as false.
//
//	""                       schema and configuration
//	"reload schema"          schema
//	"reload schema [\"a\"]"  schema, of which only these schemas changed (what the event triggers send)
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
	e := Event{Schema: true}
	if json.Unmarshal([]byte(list), &e.Schemas) != nil || len(e.Schemas) == 0 {
		return Event{}, false
	}
	return e, true
}

// merge returns the event that stands for both.
func (e Event) merge(o Event) Event {
	merged := Event{Schema: e.Schema || o.Schema, Config: e.Config || o.Config}
	switch {
	case !e.Schema:
		merged.Schemas = o.Schemas
	case !o.Schema:
		merged.Schemas = e.Schemas
	case e.Schemas != nil && o.Schemas != nil:
		merged.Schemas = append(append([]string{}, e.Schemas...), o.Schemas...)
	}
	return merged
}

// empty tells that there is nothing to reload.
func (e Event) empty() bool { return !e.Schema && !e.Config }
