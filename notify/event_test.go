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

func TestMerge(t *testing.T) {
	a := Event{Schema: true, Schemas: []string{"a"}}
	b := Event{Schema: true, Schemas: []string{"b"}}
	all := Event{Schema: true}
	config := Event{Config: true}
	tests := []struct{ x, y, want Event }{
		{a, b, Event{Schema: true, Schemas: []string{"a", "b"}}},
		{a, all, Event{Schema: true}},
		{all, b, Event{Schema: true}},
		{a, config, Event{Schema: true, Config: true, Schemas: []string{"a"}}},
		{config, b, Event{Schema: true, Config: true, Schemas: []string{"b"}}},
		{config, config, config},
	}
	for _, test := range tests {
		if got := test.x.merge(test.y); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v merged with %+v is %+v, want %+v", test.x, test.y, got, test.want)
		}
	}
}
