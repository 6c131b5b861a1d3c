package exec

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/apierr"
)

// A standby serves reads, and refuses writes of every kind with the same error.
func TestStandby(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes a standby")
	}
	primary, standby := pgtest.Replicated(t)
	_, err := pgtest.Conn(t, primary.DSN("postgres")).Exec(t.Context(), "create role exec_anonymous; create table counted (n int); "+
		"grant all on counted to exec_anonymous")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, database{conn: pgtest.Conn(t, standby.DSN("postgres"))}, "select to_regclass('counted') is not null", "true")
	config, err := pgconn.ParseConfig(standby.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, config)
	for _, isolation := range []string{"", "read committed", "repeatable read"} {
		for _, change := range []func(*Job){
			func(*Job) {}, func(j *Job) { j.Rollback = true }, func(j *Job) { j.Check = func(*Answer) *apierr.Error { return nil } },
		} {
			job := insert()
			change(job)
			job.Isolation = isolation
			mustFail(t, p, job, "25006")
		}
		c, _ := chainOf(1, counts(), insert())
		c.Isolation = isolation
		failedAt(t, p, c, 1, "25006")
		c, answers := chainOf(2, counts(), counts())
		c.Isolation, c.ReadOnly = isolation, true
		if err := p.RunChain(t.Context(), c); err != nil {
			t.Error(err)
		}
		equal(t, "chain", string(answers[1].Body), "0")
	}
}
