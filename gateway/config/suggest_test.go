package config

import (
	"strings"
	"testing"
)

// misspellings returns a name with one letter left out, doubled, changed, or swapped with the next, at each place.
func misspellings(name string) (all []string) {
	for i := range len(name) {
		all = append(all, name[:i]+name[i+1:], name[:i]+name[i:i+1]+name[i:], name[:i]+"q"+name[i+1:])
		if i+1 < len(name) {
			all = append(all, name[:i]+name[i+1:i+2]+name[i:i+1]+name[i+2:])
		}
	}
	return all
}

// TestMisspeltKeysAreSuggested misspells each key by one letter, at each place, in a file and as a variable. The right
// one is suggested, unless the misspelling is another key's name or as near to another key.
func TestMisspeltKeysAreSuggested(t *testing.T) {
	known, tried := map[string]bool{}, 0
	for _, name := range keyNames() {
		known[name] = true
	}
	nearer := func(misspelt, name string) bool { // whether another key is as near
		for other := range known {
			apart := len(other) - len(misspelt) // so many letters are added or left out, or more
			if other != name && -1 <= apart && apart <= 1 && distance(misspelt, other) <= 1 {
				return true
			}
		}
		return false
	}
	for name := range known {
		for _, misspelt := range misspellings(name) {
			if known[misspelt] || nearer(misspelt, name) {
				continue
			}
			tried++
			if got, want := keyMeant(misspelt), "; did you mean "+name+"?"; got != want {
				t.Fatalf("%s: got %q, want %q", misspelt, got, want)
			}
			if strings.HasPrefix(variable(misspelt), variablePrefix) {
				if got, want := variableMeant(variable(misspelt)), "; did you mean "+variable(name)+"?"; got != want {
					t.Fatalf("%s: got %q, want %q", variable(misspelt), got, want)
				}
			}
		}
	}
	if tried < 4000 {
		t.Errorf("only %d misspellings were tried", tried)
	}
}

// TestUnknownNamesAreWarnedOf shows the warnings of a file, variables and the command line, with suggestions where there
// is something near, and none for what is known.
func TestUnknownNamesAreWarnedOf(t *testing.T) {
	c := mustLoad(t, "db-anon-rol = \"a\"\nPGRST_DB_POOL = 3\ndb_schemas = \"b\"\nnonsense = 1\napp.settings.x = \"y\"", []string{
		"PGRST_DB_URL=x", "pgrst_db_pool=4", "PGRST_DB-POOL=3", "PGRST_NONSENSE=", "PGRST_APP_SETTINGS_Y=z", "PGRST_ROLE_CLAIM_KEY=$.r", "PGHOST=h",
		"PGRST_SERVER_PROXY_URI=http://a",
	}, nil)
	got := strings.Join(c.Warnings, "\n")
	for _, want := range []string{
		"): unknown key; did you mean db-anon-role?", "): unknown key; did you mean db-pool?",
		"): unknown key; did you mean db-schemas?", "nonsense (", "): unknown key\n",
		"PGRST_DB_URL: unknown variable; did you mean PGRST_DB_URI?",
		"pgrst_db_pool: unknown variable; did you mean PGRST_DB_POOL?",
		"PGRST_DB-POOL: unknown variable; did you mean PGRST_DB_POOL?", "PGRST_NONSENSE: unknown variable",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no warning %q in\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"APP_SETTINGS", "ROLE_CLAIM_KEY", "PGHOST", "app.settings"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("a warning of %s:\n%s", unwanted, got)
		}
	}
}
