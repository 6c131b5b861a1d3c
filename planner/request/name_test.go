package request

import "testing"

func TestFieldName(t *testing.T) {
	for text, want := range map[string]string{
		"title":           "title",
		"film title":      "film title",
		"film-title":      "film-title",
		"film - title- x": "film-title-x",
		" padded ":        "padded",
		" ":               "",
		"9":               "9",
		"_$":              "_$",
		"größe":           "größe",
		"名前":              "名前",
		`":."`:            ":.",
		`" padded "`:      " padded ",
		`"a\"b\\c\d"`:     `a"b\cd`,
		`""`:              "",
		"title.x":         "title",
		"title->x":        "title",
		"a²":              "a",
	} {
		s := scanner{text: text}
		got, ok := s.fieldName()
		if !ok || got != want {
			t.Errorf("%q: got %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"", ":", "(", "-", "*", `"open`, `"open\`, "a-", "a-:"} {
		s := scanner{text: text}
		if got, ok := s.fieldName(); ok {
			t.Errorf("%q: got %q, want none", text, got)
		}
	}
}

func TestJSONPath(t *testing.T) {
	for text, want := range map[string][]JSONStep{
		"":                nil,
		"->a":             {{Key: "a"}},
		"->>a":            {{AsText: true, Key: "a"}},
		"->1":             {{Index: true, Key: "+1"}},
		"->>-12":          {{AsText: true, Index: true, Key: "-12"}},
		"->0,x":           {{Index: true, Key: "+0"}},
		"->0.desc":        {{Index: true, Key: "+0"}},
		"->0::int":        {{Index: true, Key: "+0"}},
		"->0xy1":          {{Key: "0xy1"}},
		"->a->0->>b":      {{Key: "a"}, {Index: true, Key: "+0"}, {AsText: true, Key: "b"}},
		"->!@#$%^&*_a":    {{Key: "!@#$%^&*_a"}},
		"-> a b ":         {{Key: "a b"}},
		"->\u2003a\u00a0": {{Key: "a"}},
		"->a-b":           {{Key: "a-b"}},
		`->"a.b"->c`:      {{Key: "a.b"}, {Key: "c"}},
	} {
		s := scanner{text: text}
		got, ok := s.jsonPath()
		if !ok {
			t.Errorf("%q does not parse", text)
		}
		wantEqual(t, text, got, want)
	}
}
