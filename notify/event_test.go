package notify

import (
	"reflect"
	"strings"
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
		{`reload schema ["api","Über \"x\""]`, Event{Schema: true}, true},
		{`reload schema ["", "ALTER TABLE", "+1259 16385 my api", "-1255 4294967295"]`, Event{Schema: true, Change: &Change{
			Command: "ALTER TABLE",
			Objects: []Object{{Class: 1259, Oid: 16385, Schema: "my api"}, {Class: 1255, Oid: 4294967295, Dropped: true}},
		}}, true},
		{`reload schema ["", "ALTER TABLE", "+1259 16385 api", "1259 16386 api"]`, Event{Schema: true}, true},
		{`reload schema ["", "ALTER TABLE", "+1259 4294967296 api"]`, Event{Schema: true}, true},
		{`reload schema ["", "ALTER TABLE", "+1259"]`, Event{Schema: true}, true},
		{`reload schema ["", "ALTER TABLE", ""]`, Event{Schema: true}, true},
		{`reload schema ["", "several commands", "*1259 my api", "*1247", "+1259 0"]`, Event{Schema: true, Change: &Change{
			Command: "several commands",
			Objects: []Object{{Class: 1259, Any: true, Schema: "my api"}, {Class: 1247, Any: true}, {Class: 1259}},
		}}, true},
		{`reload schema ["", "ALTER TABLE", "*"]`, Event{Schema: true}, true},
		{`reload schema ["", "ALTER TABLE"]`, Event{Schema: true}, true},
		{`reload schema [""]`, Event{Schema: true}, true},
		{`reload schema ["", "", "+1259 16385 api"]`, Event{Schema: true}, true},
		{`reload schema ["", "X\u001b[31m", "+1259 16385 api"]`, Event{Schema: true}, true},
		{`reload schema ["", "X\n: a line", "+1259 16385 api"]`, Event{Schema: true}, true},
		{`reload schema ["", "` + strings.Repeat("X", 65) + `", "+1259 16385 api"]`, Event{Schema: true}, true},
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
