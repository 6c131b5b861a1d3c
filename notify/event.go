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
