package notify

import (
	"reflect"
	"testing"
)

func TestParsePayload(t *testing.T) {
	tests := []struct {
		payload string
		want    Event
		known   bool
	}{
		{"", Event{Schema: true, Config: true}, true},
		{"reload schema", Event{Schema: true}, true},
		{"reload config", Event{Config: true}, true},
		{`reload schema ["api","Über \"x\""]`, Event{Schema: true, Schemas: []string{"api", `Über "x"`}}, true},
		{"reload schema []", Event{}, false},
		{"reload schema api", Event{}, false},
		{"reload", Event{}, false},
		{"RELOAD SCHEMA", Event{}, false},
		{"reload schema ", Event{}, false},
	}
	for _, test := range tests {
		got, known := parsePayload(test.payload)
		if known != test.known || !reflect.DeepEqual(got, test.want) {
			t.Errorf("parsePayload(%q) = %+v, %t; want %+v, %t", test.payload, got, known, test.want, test.known)
		}
	}
}
