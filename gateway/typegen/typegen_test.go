package typegen

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// sample are the files of the sample database.
var sample = []string{
	"../../deploy/demo/sql/1_tables.sql", "../../deploy/demo/sql/2_data.sql", "../../deploy/demo/sql/3_logic.sql",
	"../../deploy/demo/sql/4_access.sql",
}

const oddNames = "Odd Names"

// load reads what is described of schemas in a database, with the privileges of a role unless it is "".
func load(t *testing.T, dsn, role string, schemas ...string) *Input {
	t.Helper()
	conn := pgtest.Conn(t, dsn)
	options := cache.Options{Schemas: schemas}
	catalog, err := cache.Load(t.Context(), conn, options)
	if err != nil {
		t.Fatal(err)
	}
	typing, err := cache.LoadTyping(t.Context(), conn, options, role)
	if err != nil {
		t.Fatal(err)
	}
	return &Input{Snapshot: cache.Build(catalog), Typing: typing, Schemas: schemas}
}

// written returns the types in a language.
func written(t *testing.T, language string, in *Input) string {
	t.Helper()
	text, err := Write(language, in)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGolden compares all that is written, of the sample database and of a schema with odd names: all of it, and what a
// role may use.
func TestGolden(t *testing.T) {
	odd := pgtest.Database(t, "testdata/odd.sql")
	for name, in := range map[string]*Input{
		"films":    load(t, pgtest.Database(t, sample...), "", "api"),
		"odd":      load(t, odd, "", oddNames),
		"odd_role": load(t, odd, "typegen_reader", oddNames),
	} {
		for language, extension := range map[string]string{"ts": "ts", "go": "go", "python": "py"} {
			t.Run(name+"."+extension, func(t *testing.T) {
				requireGolden(t, name+".golden."+extension, written(t, language, in))
			})
		}
	}
}

func requireGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; it would be:\n%s", path, got)
	}
}

// TestRefused checks that nothing is written of what is not there.
func TestRefused(t *testing.T) {
	in := &Input{Snapshot: cache.Build(&cache.Catalog{Schemas: []string{"api", "test"}}), Typing: &cache.Typing{}}
	for _, test := range []struct{ language, schema, want string }{
		{"ts", "apis", `the schema "apis" is not exposed: db-schemas has api, test`},
		{"rust", "api", `no types in "rust": the languages are ts, go, python`},
	} {
		in.Schemas = []string{test.schema}
		if text, err := Write(test.language, in); err == nil || err.Error() != test.want || text != "" {
			t.Errorf("%q, %v, want %s", text, err, test.want)
		}
	}
}

func TestCamel(t *testing.T) {
	for name, want := range map[string]string{
		"film_genres": "FilmGenres", "filmGenres": "FilmGenres", "id": "ID", "user_id": "UserID", "API_key": "APIKey",
		"a b-c.d": "ABCD", "1st": "X1st", "": "X", "--": "X", "日本": "X日本", "ärger": "Ärger", "_x": "X", "x": "X",
	} {
		if got := camel(name); got != want {
			t.Errorf("camel(%q) is %q, want %q", name, got, want)
		}
	}
}

func TestTakenNames(t *testing.T) {
	n := make(names)
	for _, test := range []struct {
		wanted  string
		endings []string
		want    string
	}{
		{"A", nil, "A"},
		{"A", nil, "A2"},
		{"A2", nil, "A22"},
		{"A", nil, "A3"},
		{"BRow", nil, "BRow"},
		{"B", []string{"Row", "Insert"}, "B2"},
		{"B2Insert", nil, "B2Insert2"},
		{"B", []string{"Args"}, "B"},
	} {
		if got := n.take(test.wanted, test.endings...); got != test.want {
			t.Errorf("%q with %q is %q, want %q", test.wanted, test.endings, got, test.want)
		}
	}
}
