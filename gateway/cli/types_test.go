package cli_test

import (
	"strings"
	"testing"
)

// TestTypes prints types of a database, all and those that a role may use, and tries what is refused.
func TestTypes(t *testing.T) {
	environ := []string{"PGRST_DB_URI=" + loginURI(t)}
	for line, want := range map[string]string{
		"types":               "  public: {\n    Tables: {\n      items: {\n",
		"types --lang ts":     "        Row: {\n          id: number\n",
		"types --lang go":     "package public\n",
		"types --lang python": "class ItemsRow(TypedDict):\n    id: int\n",
		"types --schema public --role cli_anon --lang go": "type ItemsRow struct {",
	} {
		got := run(t, environ, "", strings.Fields(line)...)
		if got.code != 0 || got.stderr != "" || !strings.Contains(got.stdout, want) {
			t.Errorf("%s: exit code %d, standard error %s, standard output\n%s", line, got.code, got.stderr, got.stdout)
		}
	}
	for line, want := range map[string]string{
		"types --schema other": `the schema "other" is not exposed: db-schemas has public`,
		"types --role nobody":  `role "nobody" does not exist`,
		"types --lang rust":    "--lang must be one of ts, go, python",
	} {
		if got := run(t, environ, "", strings.Fields(line)...); got.code != 1 || got.stdout != "" || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: exit code %d, standard error %s, standard output\n%s", line, got.code, got.stderr, got.stdout)
		}
	}
	if got := run(t, environ, "", "types", "--role", "cli_login"); got.code != 0 || strings.Contains(got.stdout, "items") {
		t.Errorf("what a role may not use is shown:\n%s", got.stdout)
	}
}
