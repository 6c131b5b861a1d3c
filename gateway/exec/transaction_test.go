package exec

import (
	"strings"
	"testing"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// violating is a job that inserts a row whose parent, which is looked for when the transaction ends, does not exist.
func violating() *Job {
	return write(sqlOf("with w as (insert into item values (1000, 'orphan', 5000) returning *) " +
		"select current_user, null::bigint, count(*), null::text, null::text, null::text[], null::int, 'done' from w"))
}

func TestWrite(t *testing.T) {
	d := newDatabase(t)
	for name, change := range map[string]func(*Options){"prepared": func(*Options) {}, "unnamed": unprepared} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, d.config, change)
			before := d.query(t, "select count(*) from counted")
			equal(t, "body", mustRun(t, p, insert()), "done")
			equal(t, "rows", d.query(t, "select count(*) - "+before+" from counted"), "1")
		})
	}
}

func TestRollback(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	job := insert()
	job.Rollback = true
	equal(t, "body", mustRun(t, p, job), "done")
	equal(t, "rows", d.query(t, "select count(*) from counted"), "0")

	// Deferred constraints are checked although nothing is committed.
	job = violating()
	job.Rollback = true
	mustFail(t, p, job, "23503")
	// What the check says comes first.
	job.Check = func(*Answer) *apierr.Error { return apierr.NotSingular(2) }
	mustFail(t, p, job, "PGRST116")
	equal(t, "rows", d.query(t, "select count(*) from item where id = 1000"), "0")
	mustFail(t, p, failing("main", true), "22012")
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// A job that fails when its transaction ends has begun to run, whatever the error says about the schema.
func TestFailureAtTheEndHasStarted(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, `create function fail_late() returns trigger language plpgsql as $$ begin perform from nowhere; end $$;
		create constraint trigger late after insert on counted deferrable initially deferred
			for each row execute function fail_late()`)
	p := newPool(t, d.config)
	for name, change := range map[string]func(*Job){
		"implicit transaction": func(*Job) {},
		"isolation level":      func(j *Job) { j.Isolation = "repeatable read" },
		"check":                func(j *Job) { j.Check = func(*Answer) *apierr.Error { return nil } },
		"rollback":             func(j *Job) { j.Rollback = true },
	} {
		t.Run(name, func(t *testing.T) {
			job := insert()
			change(job)
			equal(t, "unstarted", mustFail(t, p, job, "42P01").Unstarted, false)
		})
	}
	equal(t, "unstarted", mustFail(t, p, read(sqlOf("select from nowhere")), "42P01").Unstarted, true)
}

// A commit that fails is not a success.
func TestDeferredConstraint(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	process := backend(t, p)
	for name, change := range map[string]func(*Job){
		"implicit transaction": func(*Job) {},
		"isolation level":      func(j *Job) { j.Isolation = "repeatable read" },
		"check":                func(j *Job) { j.Check = func(*Answer) *apierr.Error { return nil } },
	} {
		t.Run(name, func(t *testing.T) {
			job := violating()
			change(job)
			e := mustFail(t, p, job, "23503")
			equal(t, "status", e.Status, 409)
			equal(t, "rows", d.query(t, "select count(*) from item where id = 1000"), "0")
			equal(t, "process", backend(t, p), process)
		})
	}
}

func TestIsolation(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	for _, level := range []string{"serializable", "repeatable read", "read committed"} {
		for _, job := range []*Job{
			read(mainOf("current_setting('transaction_isolation')", "(values (1)) v")),
			write(mainOf("current_setting('transaction_isolation')", "(values (1)) v")),
		} {
			job.Isolation = level
			equal(t, "isolation", mustRun(t, p, job), level)
			job.Isolation = ""
			equal(t, "isolation after it", mustRun(t, p, job), "read committed")
		}
	}
	job := read(mainOf("(1/(count(*)-1))::text", "(values (1)) v"))
	job.Isolation = "serializable"
	mustFail(t, p, job, "22012")
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

func TestReadOnly(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := insert()
	job.Settings, job.ReadOnly = names("1").Settings, true
	equal(t, "status", mustFail(t, p, job, "25006").Status, 405)
}

func TestCheck(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	var seen int64
	objects := func(r *Answer) *apierr.Error { seen = r.PageTotal; return apierr.MaxAffectedExceeded(seen) }
	for _, job := range []*Job{names("1"), insert()} {
		seen = 0
		job.Check = objects
		mustFail(t, p, job, "PGRST124")
		equal(t, "rows seen", seen, int64(1))
		equal(t, "rows", d.query(t, "select count(*) from counted"), "0")
		job.Check = func(*Answer) *apierr.Error { return nil }
		mustRun(t, p, job)
	}
	equal(t, "rows", d.query(t, "select count(*) from counted"), "1")

	job := insert()
	job.Check = objects
	seen = 0
	job.Main = failing("main", true).Main
	mustFail(t, p, job, "22012")
	equal(t, "a failed statement is checked", seen, int64(0))
}

// A check that panics leaves neither an open transaction nor a connection in use.
func TestCheckPanics(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	for _, job := range []*Job{names("1"), insert(), large(50_000_000)} {
		job.Check = func(*Answer) *apierr.Error { panic("BUG: in a test") }
		func() {
			defer func() { equal(t, "panic", recover(), "BUG: in a test") }()
			mustRun(t, p, job)
		}()
		equal(t, "afterwards", p.Stats(), Stats{Size: 1})
		equal(t, "body", mustRun(t, p, names("1")), "item 1")
	}
	equal(t, "rows", d.query(t, rowsCounted), "0")
}

// failing is a job that fails in the statement named.
func failing(where string, writes bool) *Job {
	job := names("1")
	if writes {
		job = insert()
	}
	job.PreRequest = sqlOf("select 1")
	job.Explain = sqlOf("explain (format json) select 1")
	fails := mainOf("(1/(count(*)-1))::text", "(values (1)) v")
	switch where {
	case "session":
		job.Settings = sqlOf("select set_config('role', 'nobody', true)")
	case "pre-request":
		job.PreRequest = fails
	case "explain":
		job.Explain = sqlOf("explain select * from nowhere")
	case "main":
		job.Main = fails
	}
	return job
}

func TestErrorsAtEachStep(t *testing.T) {
	d := newDatabase(t)
	for name, change := range map[string]func(*Options){"prepared": func(*Options) {}, "unnamed": unprepared} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, d.config, change)
			process := backend(t, p)
			for step, code := range map[string]string{
				"session": "22023", "pre-request": "22012", "explain": "42P01", "main": "22012",
			} {
				for _, writes := range []bool{false, true} {
					mustFail(t, p, failing(step, writes), code)
					equal(t, "body", mustRun(t, p, names("1")), "item 1")
				}
			}
			equal(t, "process", backend(t, p), process)
			equal(t, "rows", d.query(t, "select count(*) from counted"), "0")
		})
	}
}

// The client gets the server's texts, and can distinguish an empty detail from none.
func TestErrorFields(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	e := mustFail(t, p, call("lock_and_fail()"), "PT418")
	equal(t, "status", e.Status, 418)
	equal(t, "message", e.Message, "failed with a lock")
	equal(t, "details", e.Details, any(""))
	equal(t, "hint", e.Hint, nil)
	contains(t, "cause", e.Cause.Error(), "failed with a lock")

	forbidden := read(mainOf("''", "pg_authid"))
	equal(t, "status of an anonymous", mustFail(t, p, forbidden, "42501").Status, 401)
	forbidden.Authenticated = true
	equal(t, "status of somebody", mustFail(t, p, forbidden, "42501").Status, 403)
}

func TestAnswerThatIsNotUnderstood(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	for _, sql := range []string{
		"select 1",
		"select null, null::bigint, 'many', null, null, null, null, ''",
		"select null, 'x', 1, null, null, null, null, ''",
		"select null, null, 1, null, null, '{', null, ''",
		"select null, null, i, null, null, null, null, '' from generate_series(1, 2) i",
	} {
		mustFail(t, p, read(sqlOf(sql)), "PGRSTX00")
		job := insert()
		job.Main = pgsql.Statement{SQL: "with w as (insert into counted values (1)) " + sql}
		job.Check = func(*Answer) *apierr.Error { return nil }
		mustFail(t, p, job, "PGRSTX00")
	}
	equal(t, "rows", d.query(t, "select count(*) from counted"), "0")
	equal(t, "body", mustRun(t, p, names("1")), "item 1")
}

// A flush that does not fit into the network's buffers is sent while answers are read.
func TestLargeFlush(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	body := strings.Repeat("0123456789abcdef", 1<<20)
	job := write(mainOf("length($1) || left($1, 3) || right($1, 3) || $2", "(values (1)) v", body, "end"))
	job.PreRequest = sqlOf("select chatter(5000)") // answers 5 MB of notices before the body was read
	for range 2 {
		equal(t, "body", mustRun(t, p, job), "16777216012defend")
	}
	job.PreRequest = sqlOf("select nothing")
	mustFail(t, p, job, "42703")
	job.PreRequest = pgsql.Statement{}
	equal(t, "body", mustRun(t, p, job), "16777216012defend")
}
