package notify

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// BenchmarkTriggers measures what the event triggers add to CREATE TABLE, to DROP TABLE, and to a transaction of 1,000
// commands. It alternates between databases with and without triggers.
func BenchmarkTriggers(b *testing.B) {
	bare, with := pgtest.Conn(b, pgtest.Database(b)), pgtest.Conn(b, pgtest.Database(b))
	if err := InstallTriggers(b.Context(), with, "pgrst"); err != nil {
		b.Fatal(err)
	}
	const many = `DO $$ BEGIN FOR i IN 1 .. 1000 LOOP EXECUTE format('CREATE TABLE many%s (id int)', i); END LOOP; END $$`
	for _, command := range []struct{ name, run, undo string }{
		{"create", "CREATE TABLE film (id int PRIMARY KEY, title text)", "DROP TABLE film"},
		{"serial", "CREATE TABLE film (id serial PRIMARY KEY, title text UNIQUE)", "DROP TABLE film"},
		{"alter", "ALTER TABLE fixed ADD title text", "ALTER TABLE fixed DROP title"},
		{"many", many, ""},
	} {
		b.Run(command.name, func(b *testing.B) {
			var took, undone [2][]time.Duration
			for b.Loop() {
				for i, conn := range []*pgx.Conn{bare, with} {
					if command.name == "many" {
						took[i] = append(took[i], timed(b, conn, "BEGIN; "+many))
						timed(b, conn, "ROLLBACK")
						continue
					}
					timed(b, conn, "CREATE TABLE IF NOT EXISTS fixed (id int)")
					took[i] = append(took[i], timed(b, conn, command.run))
					undone[i] = append(undone[i], timed(b, conn, command.undo))
				}
			}
			report(b, "", took)
			if len(undone[0]) > 0 {
				report(b, "undo-", undone)
			}
		})
	}
}

// timed returns how long statements took.
func timed(b *testing.B, conn *pgx.Conn, sql string) time.Duration {
	b.Helper()
	began := time.Now()
	if _, err := conn.PgConn().Exec(b.Context(), sql).ReadAll(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// report reports the medians without and with triggers, and their difference.
func report(b *testing.B, what string, took [2][]time.Duration) {
	var median [2]float64
	for i := range took {
		slices.Sort(took[i])
		median[i] = float64(took[i][len(took[i])/2]) / float64(time.Microsecond)
	}
	b.ReportMetric(median[0], what+"µs-bare")
	b.ReportMetric(median[1], what+"µs-with")
	b.ReportMetric(median[1]-median[0], what+"µs-added")
}
