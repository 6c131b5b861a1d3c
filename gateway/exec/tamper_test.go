package exec

import (
	"strings"
	"testing"
)

// attack replaces every prepared statement that sets the role by one that does not, and the cleaning by nothing, and
// leaves operators behind that would deceive a check of the statements.
const attack = `do $do$
declare
  s record;
begin
  for s in select name, statement, cardinality(parameter_types) as n from pg_prepared_statements where not from_sql loop
    if s.statement like '%set_config(''role''%' then
      execute format('deallocate %I', s.name);
      execute format('prepare %I (text, text) as select $1, $2', s.name);
    elsif s.statement = 'RESET ALL' then
      execute format('deallocate %I', s.name);
      execute format('prepare %I as select 1', s.name);
    end if;
  end loop;
  perform set_config('search_path', 'public, pg_catalog', false);
end $do$`

// calling is a job that calls run_sql.
func calling(sql string, dynamic bool) *Job {
	job := write(mainOf("'called'", "(select run_sql($1)) f", sql))
	job.Tampers = dynamic
	return job
}

// role is a job that returns the role that it runs as. Its session statement is the one that was replaced.
func role() *Job {
	job := write(mainOf("current_user::text", "(values (1)) v"))
	job.ReadOnly = false
	return job
}

// A function that runs its caller's SQL can replace the gateway's prepared statements. The next request must not run
// them.
func TestReplacedSessionStatement(t *testing.T) {
	for name, next := range map[string]func(*Job){
		"write":           func(*Job) {},
		"isolation level": func(j *Job) { j.Isolation = "serializable" },
		"rollback":        func(j *Job) { j.Rollback = true },
		"dynamic again":   func(j *Job) { j.Tampers = true },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDatabase(t)
			alter(t, d, `create function deceive(int, int) returns int immutable language sql as 'select 1';
				create operator / (leftarg = int, rightarg = int, function = deceive)`)
			p := newPool(t, d.config)
			equal(t, "role", mustRun(t, p, role()), "exec_anonymous")
			process := backend(t, p)
			mustRun(t, p, calling(attack, true))
			job := role()
			next(job)
			equal(t, "role", mustRun(t, p, job), "exec_anonymous")
			if backend(t, p) == process {
				t.Error("the connection is still used")
			}
		})
	}
}

// A dynamic job shares its flush with no other, because the check comes first in a flush.
func TestReplacedSessionStatementInABatch(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config, batched(1))
	seen := func() *Job { return quick(read(mainOf("current_user::text", "(values (1)) v"))) }
	equal(t, "role", mustRun(t, p, seen()), "exec_anonymous")
	attacking := quick(call("run_sql($1)"))
	attacking.Main.Params = sqlOf("", attack).Params
	attacking.Tampers = true
	a := together(t, t.Context(), p, attacking, seen(), seen())
	bodyOf(t, a[0])
	equal(t, "role", bodyOf(t, a[1]), "exec_anonymous")
	equal(t, "role", bodyOf(t, a[2]), "exec_anonymous")
}

// Without the check the attack works: otherwise the test above would prove nothing.
func TestReplacedSessionStatementUnseen(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	mustRun(t, p, role())
	mustRun(t, p, calling(attack, false))
	equal(t, "role", mustRun(t, p, role()), "exec_authenticator")
}

// Statements that a function prepared do not exist for the next user either.
func TestPreparedByFunction(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	for range 3 {
		mustRun(t, p, calling("prepare own as select 1; execute own; deallocate own", true))
		equal(t, "process", backend(t, p), process)
	}
	mustRun(t, p, calling("prepare own as select 1", true))
	count := "(select count(*) from pg_prepared_statements where from_sql)::text"
	equal(t, "left", mustRun(t, p, read(mainOf(count, "(values (1)) v"))), "0")
}

// A function that removes the cleaning statements cannot prevent the cleaning of the connection.
func TestDeallocatedCleaning(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	mustRun(t, p, calling("select leave_settings(); deallocate all", true))
	equal(t, "seen", mustRun(t, p, settingsSeen(true)), nothingSeen+"off|exec_anonymous")
	equal(t, "process", backend(t, p), process)
}

// A function that replaces the cleaning statements does not keep what it left, not even if they are evicted before the
// check.
func TestReplacedCleaning(t *testing.T) {
	d := newDatabase(t)
	for _, size := range []int{1, 2, 5, 100} {
		p := newPool(t, d.config, func(o *Options) { o.StatementCacheSize = size })
		for _, isolation := range []string{"", "serializable"} {
			next := settingsSeen(true)
			next.Main.SQL += " -- " + isolation
			mustRun(t, p, next) // Its statements will be prepared when they come again, and others evicted.
			for range 3 {       // Now the cleaning is prepared.
				mustRun(t, p, settingsSeen(false))
			}
			job := call("run_sql($1)")
			job.Main.Params = sqlOf("", "select leave_settings(); "+attack).Params
			job.Tampers, job.Isolation = true, isolation
			mustRun(t, p, job)
			// On a new connection the settings of functions are null, not empty.
			seen := strings.ReplaceAll(mustRun(t, p, next), "||", "|")
			equal(t, "seen", strings.TrimPrefix(seen, "|"), "0|UTC|off|off|exec_anonymous")
		}
	}
}

// The check is part of the job after a dynamic one; see sqlVerify.
func BenchmarkDynamic(b *testing.B) {
	p := newPool(b, newDatabase(b).config)
	for name, dynamic := range map[string]bool{"no": false, "yes": true} {
		b.Run(name, func(b *testing.B) {
			job := insert()
			job.Tampers = dynamic
			for b.Loop() {
				mustRun(b, p, job)
			}
		})
	}
}

// Nor do they if the gateway prepares nothing itself, and therefore checks nothing.
func TestPreparedByFunctionUnprepared(t *testing.T) {
	p := newPool(t, newDatabase(t).config, unprepared)
	process := backend(t, p)
	count := read(mainOf("(select count(*) from pg_prepared_statements)::text", "(values (1)) v"))
	reading := read(mainOf("'called'", "(select run_sql($1)) f", "prepare own as select 1"))
	reading.Tampers = true
	failing := read(mainOf("(1/(count(*)-1))::text", "(select run_sql($1)) f", "prepare own as select 1"))
	failing.Tampers = true
	for range 2 {
		mustRun(t, p, calling("prepare own as select 1", true))
		equal(t, "left by a write", mustRun(t, p, count), "0")
		mustRun(t, p, reading)
		equal(t, "left by a read", mustRun(t, p, count), "0")
		mustFail(t, p, failing, "22012")
		equal(t, "left by a failure", mustRun(t, p, count), "0")
	}
	equal(t, "process", backend(t, p), process)
}
