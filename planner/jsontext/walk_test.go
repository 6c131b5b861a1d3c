package jsontext

import (
	"encoding/json"
	"slices"
	"testing"
)

// FuzzWalk compares with encoding/json.
func FuzzWalk(f *testing.F) {
	for _, text := range []string{
		`[]`, ` [ ] `, `{}`, ` { } `, `[1,2]`, ` [ -1.5e3 , "a\"]\\" , [[],{}] , {"a":"}"} , null,true ] `, `{"a":1}`, `1`, `"[1]"`,
		` { "a\\" : 1 , "\"" : [ { "b" : "\\\\\"]" } ] , "" : {} } `, `{"\u00e9\n\ud83d\ude00":1,"\ud83d":2}`, `[[[["]"]]]]`, `{"a":[{"b":[{}]}],"a":2}`, `"\\"`, ``, `[`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		var array []json.RawMessage
		if json.Unmarshal(text, &array) != nil {
			array = nil
		}
		got := slices.Collect(Elements(text))
		if !slices.EqualFunc(got, array, func(a []byte, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("elements %q, want %q", got, array)
		}
		var object, members map[string]json.RawMessage
		if json.Unmarshal(text, &object) != nil {
			object = nil
		}
		members = make(map[string]json.RawMessage)
		for name, value := range Members(text) {
			var key string
			if err := json.Unmarshal(name, &key); err != nil {
				t.Fatal(err)
			}
			if Text(name) != key {
				t.Errorf("%s is %q, want %q", name, Text(name), key)
			}
			members[key] = value
		}
		if len(members) != len(object) {
			t.Errorf("members %q, want %q", members, object)
		}
		for key, value := range object {
			if string(members[key]) != string(value) {
				t.Errorf("member %q is %s, want %s", key, members[key], value)
			}
		}
	})
}
