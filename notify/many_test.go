package notify

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// repeat returns a DO block that runs a command for each i from 1 to n.
func repeat(n int, format string) string {
	return fmt.Sprintf("DO $$ BEGIN FOR i IN 1 .. %d LOOP EXECUTE format('%s', i); END LOOP; END $$; ", n, format)
}

// TestManyCommandsAreFewNotifications counts the notifications of transactions with many commands.
func TestManyCommandsAreFewNotifications(t *testing.T) {
	l := listen(t, append(install(), "CREATE SCHEMA api; CREATE TABLE api.film (id int)",
		repeat(200, "CREATE SCHEMA many%s"))...)
	const create = "CREATE TABLE api.t%s (id int)"
	for _, test := range []struct {
		name, sql, last string
		most            int
	}{
		{"one relation", repeat(1000, "ALTER TABLE api.film ALTER id SET DEFAULT %s"), "ALTER TABLE: pg_class film", 1},
		{"many relations", repeat(1000, create), "several commands: any 1259 of api", 33},
		{"moved", repeat(200, "ALTER TABLE api.t%s SET SCHEMA many1"), "several commands: any 1259 of ", 33},
		{
			"functions, too", repeat(100, "CREATE FUNCTION api.f%s() RETURNS int LANGUAGE sql AS ''SELECT 1''") + "CREATE TABLE api.x (id int)",
			"several commands: any 1259 of api", 34,
		},
		{"many schemas", repeat(200, "CREATE TABLE many%s.t (id int)"), "unknown", 65},
		{"all of a schema", "DROP SCHEMA api CASCADE", "DROP SCHEMA: any 1255 of api, any 1259 of api, any 2615 of api", 1},
		{
			"undone before", "CREATE SCHEMA api; SAVEPOINT s; " + repeat(100, create) + "ROLLBACK TO s; CREATE TABLE api.kept (id int)",
			"CREATE TABLE: pg_class kept", 2,
		},
		{
			"kept before", "SAVEPOINT s; " + repeat(100, create) + "RELEASE s; CREATE VIEW api.v AS SELECT 1 AS id",
			"several commands: any 1259 of api", 33,
		},
		{
			"a forged memory", "SET trunkline.told = '" + strings.Repeat("x", 9*32) + "'; CREATE TABLE api.y (id int)",
			"several commands: any 1259 of api", 1,
		},
		{"another", "SET trunkline.told = '" + strings.Repeat("x", 9*64) + "'; CREATE TABLE api.z (id int)", "unknown", 1},
		{"none", "RESET trunkline.told; CREATE TABLE api.w (id int)", "CREATE TABLE: pg_class w", 1},
	} {
		l.take()
		l.exec(t, "BEGIN; "+test.sql+"; COMMIT")
		if got := l.announced(t); len(got) > test.most || got[len(got)-1] != test.last {
			t.Errorf("%s: %d notifications, the last of which is %q; want at most %d, and %q", test.name, len(got), got[len(got)-1], test.most, test.last)
		}
	}
}

// TestSavepointsLoseAndInventNothing runs random transactions with nested savepoints. Exactly the commands that were
// not rolled back must be announced.
func TestSavepointsLoseAndInventNothing(t *testing.T) {
	l := listen(t, append(install(), "CREATE SCHEMA api")...)
	g := rand.New(rand.NewPCG(1, 0))
	for round := range 40 {
		l.take()
		sql, kept := savepoints(g, round)
		l.exec(t, sql)
		var told []string
		any := false
		for _, words := range l.announced(t) {
			if command, name, _ := strings.Cut(words, ": "); command == "CREATE TABLE" {
				told = append(told, strings.TrimPrefix(name, "pg_class "))
			} else if words != "" {
				any = any || words == "several commands: any 1259 of api"
			}
		}
		if len(kept) > 32 {
			if !any || !slices.Equal(told, kept[:32]) {
				t.Fatalf("%s: announced %q, and other changes: %t; want %q", sql, told, any, kept)
			}
		} else if any || !slices.Equal(told, kept) {
			t.Fatalf("%s: announced %q, and other changes: %t; want %q", sql, told, any, kept)
		}
	}
}

// savepoints returns a transaction, and the names of the tables that it leaves.
func savepoints(g *rand.Rand, round int) (sql string, kept []string) {
	var text strings.Builder
	text.WriteString("BEGIN; ")
	var marks []int // the number of tables at each open savepoint
	for i := range 20 + g.IntN(80) {
		switch what := g.IntN(10); {
		case what == 0:
			marks = append(marks, len(kept))
			fmt.Fprintf(&text, "SAVEPOINT s%d; ", len(marks))
		case what == 1 && len(marks) > 0:
			at := g.IntN(len(marks))
			fmt.Fprintf(&text, "ROLLBACK TO s%d; ", at+1)
			kept, marks = slices.Clip(kept[:marks[at]]), marks[:at+1]
		case what == 2 && len(marks) > 0:
			at := g.IntN(len(marks))
			fmt.Fprintf(&text, "RELEASE s%d; ", at+1)
			marks = marks[:at]
		default:
			name := fmt.Sprintf("r%d_%d", round, i)
			fmt.Fprintf(&text, "CREATE TABLE api.%s (id int); ", name)
			kept = append(kept, name)
		}
	}
	text.WriteString("COMMIT")
	return text.String(), kept
}

// TestOlderTriggersGoOnWorking checks that the triggers of the previous version are accepted, and recognized as
// outdated.
func TestOlderTriggersGoOnWorking(t *testing.T) {
	older, err := os.ReadFile("testdata/older.sql")
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t, install()[0], string(older))
	l.awaitWatched(t, true)
	l.await(t, "the older triggers", func() bool { return l.lastTriggers() == Outdated })
	l.exec(t, "CREATE SCHEMA harbour")
	l.awaitEvent(t, "the change", func(e Event) bool { return e.touches("harbour") })
	l.exec(t, TriggersScript)
	l.await(t, "the triggers of this version", func() bool { return l.lastTriggers() == Intact })
	l.awaitWatched(t, true)
}
