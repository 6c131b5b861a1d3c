package planner

import (
	"testing"

	"trunkline/cache"
)

func TestSuggestTable(t *testing.T) {
	for _, tt := range []struct{ name, schema, want string }{
		{"filmz", "api", "films"},
		{"Films", "api", "films"},
		{"directorz", "api", "directors"},
		{"direktorz", "api", "directors"},
		{"dir", "api", ""},
		{"nothing_like_it", "api", ""},
		{"directorz", "other", ""},
		{"filmz", "unexposed", ""},
	} {
		got := suggestTable(fixture(t), cache.QualifiedName{Schema: tt.schema, Name: tt.name})
		if got != tt.want {
			t.Errorf("suggestTable(%s.%s) = %q, want %q", tt.schema, tt.name, got, tt.want)
		}
	}
}

func TestUnknownTable(t *testing.T) {
	err := mustFail(t, input{url: "/filmz"}, "PGRST205")
	expect(t, "message", err.Message, "Could not find the table 'api.filmz' in the schema cache")
	expect(t, "hint", err.Hint, "Perhaps you meant the table 'api.films'")
	err = mustFail(t, input{method: "DELETE", url: "/zzz"}, "PGRST205")
	expect(t, "hint", err.Hint, "<nil>")
}

func TestSuggestRelationship(t *testing.T) {
	for _, tt := range []struct{ name, parent, child, want string }{
		{"another child", "films", "actor", "Perhaps you meant 'actors' instead of 'actor'."},
		{"the child itself, its hint being wrong", "films", "actors", ""},
		{"the child in other letters", "films", "Actors", ""},
		{"another parent", "film", "actors", "Perhaps you meant 'films' instead of 'film'."},
		{"another parent in other letters", "Films", "actors", "Perhaps you meant 'films' instead of 'Films'."},
		{"no such child", "films", "zzzzzz", ""},
		{"no such parent", "zzzzzz", "actors", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.parent+" "+tt.child, suggestRelationship(fixture(t), qualified(tt.parent), tt.child, "api"), tt.want)
		})
	}
}

func TestSuggestRoutine(t *testing.T) {
	for _, tt := range []struct {
		name, routine string
		keys          []string
		want          string
	}{
		{"another routine", "serch", []string{"term"}, "Perhaps you meant to call the function api.search"},
		{"other arguments", "search", []string{"mst", "term"}, "Perhaps you meant to call the function api.search(most, term)"},
		{"the nearest overload", "add", []string{"a", "b", "d"}, "Perhaps you meant to call the function api.add(a, b, c)"},
		{"none like it", "zzz", nil, ""},
		{"no arguments like it", "search", []string{"zzz"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			snap, name := fixture(t), qualified(tt.routine)
			expect(t, tt.routine, suggestRoutine(snap, name, tt.keys, snap.Routines(name)), tt.want)
		})
	}
}
