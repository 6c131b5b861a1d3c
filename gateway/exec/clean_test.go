package exec

import (
	"testing"
)

// settingsSeen is a job that returns what can be seen of leave_settings. The session sets fewer settings than the
// gateway's, so that nothing is hidden by what it sets.
func settingsSeen(writes bool) *Job {
	job := read(mainOf("concat_ws('|', current_setting('response.headers', true), current_setting('response.status', true), "+
		"current_setting('statement_timeout'), current_setting('timezone'), current_setting('app.leak', true), "+
		"current_setting('default_transaction_read_only'), current_setting('transaction_read_only'), current_user)",
		"(values (1)) v"))
	if writes {
		job.Settings, job.ReadOnly = insert().Settings, false
	}
	return job
}

const nothingSeen = "||0|UTC||off|"

// Settings that functions make for the session end with the request, whether it reads, writes, fails or is rolled back.
func TestNoSettingIsLeft(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	process := backend(t, p)
	check := func(after string) {
		t.Helper()
		equal(t, "seen by a read after "+after, mustRun(t, p, settingsSeen(false)), nothingSeen+"on|exec_anonymous")
		equal(t, "seen by a write after "+after, mustRun(t, p, settingsSeen(true)), nothingSeen+"off|exec_anonymous")
		// Without a session statement it is the connection's own user.
		bare := settingsSeen(true)
		bare.Settings.SQL, bare.Settings.Params = "", nil
		equal(t, "seen by nobody after "+after, mustRun(t, p, bare), nothingSeen+"off|exec_authenticator")
	}
	mustRun(t, p, call("leave_settings()"))
	check("a read")
	mustRun(t, p, write(call("leave_settings()").Main))
	check("a write")
	undone := write(call("leave_settings()").Main)
	undone.Rollback = true
	mustRun(t, p, undone)
	check("a rollback")
	before := numbered(1)
	before.PreRequest, before.Pure = sqlOf("select leave_settings()"), true
	mustRun(t, p, before)
	check("a pre-request")
	serializable := call("leave_settings()")
	serializable.Isolation = "serializable"
	mustRun(t, p, serializable)
	check("a serializable read")
	mustFail(t, p, read(mainOf("(1/(count(*)-1))::text", "(select leave_settings()) f")), "22012")
	check("a failure")
	equal(t, "process", backend(t, p), process)
}

// Locks, listening, cursors and temporary tables end with the request too.
func TestNothingElseIsLeft(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	process := backend(t, p)
	check := func(after string) {
		t.Helper()
		equal(t, "locks after "+after, d.query(t, "select count(*) from pg_locks where locktype = 'advisory'"), "0")
		seen := "(select count(*) from pg_cursors where name <> '') || ' ' || " +
			"(select count(*) from pg_listening_channels()) || ' ' || " +
			"(select count(*) from pg_class where relname = 'leak')"
		equal(t, "seen after "+after, mustRun(t, p, read(mainOf(seen, "(values (1)) v"))), "0 0 0")
	}
	mustRun(t, p, call("leave_things()"))
	check("a read")
	mustRun(t, p, write(call("leave_things()").Main))
	check("a write")
	for range 2 { // The second would find the first one's table.
		mustRun(t, p, write(call("leave_table()").Main))
		check("a temporary table")
	}
	mustFail(t, p, call("lock_and_fail()"), "PT418")
	check("a read that failed")
	mustFail(t, p, write(call("lock_and_fail()").Main), "PT418")
	check("a write that failed")
	equal(t, "process", backend(t, p), process)
}

// A function that deallocates all statements causes a round trip, but neither an error nor the loss of the connection.
func TestDeallocatedStatements(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	process := backend(t, p)
	deallocating := insert()
	deallocating.PreRequest = sqlOf("select leave_nothing_prepared()")
	for range 3 {
		equal(t, "read", mustRun(t, p, call("leave_nothing_prepared()")), "called")
		equal(t, "write", mustRun(t, p, write(call("leave_nothing_prepared()").Main)), "called")
		equal(t, "pre-request", mustRun(t, p, deallocating), "done")
		equal(t, "afterwards", mustRun(t, p, names("1")), "item 1")
		mustFail(t, p, read(mainOf("(1/(count(*)-1))::text", "(select leave_nothing_prepared()) f")), "22012")
		equal(t, "afterwards", mustRun(t, p, insert()), "done")
	}
	equal(t, "process", backend(t, p), process)
	equal(t, "rows", d.query(t, "select count(*) from counted"), "6")
}

// Effects that only a superuser's function can have are undone by closing the connection.
func TestSessionUserIsNotLeft(t *testing.T) {
	d := newDatabase(t)
	config := d.config.Copy()
	superuser := d.query(t, "select current_user")
	config.User = superuser
	p := newPool(t, config)
	process := backend(t, p)
	job := read(mainOf("'called'", "(select become_someone_else()) f"))
	job.Settings.SQL, job.Settings.Params = "select 1", nil
	mustRun(t, p, job)
	if backend(t, p) == process {
		t.Error("the connection is still used")
	}
	equal(t, "session user", mustRun(t, p, read(mainOf("session_user::text", "(values (1)) v"))), superuser)
}

// The connection is not cleaned after a pure job: that is what makes it cheaper.
func TestPureJobsAreNotCleaned(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := call("set_config('app.leak', 'leaked', false)")
	job.Pure = true
	mustRun(t, p, job)
	contains(t, "seen", mustRun(t, p, settingsSeen(true)), "leaked")
	equal(t, "seen after that was cleaned", mustRun(t, p, settingsSeen(true)), "0|UTC||off|off|exec_anonymous")
}

// Cleaning statements that the database refuses are left out.
func TestCleaningThatIsRefused(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, "revoke execute on function pg_advisory_unlock_all() from public")
	p := newPool(t, d.config)
	process := backend(t, p)
	mustRun(t, p, call("leave_settings()"))
	equal(t, "seen", mustRun(t, p, settingsSeen(false)), nothingSeen+"on|exec_anonymous")
	mustRun(t, p, insert())
	equal(t, "process", backend(t, p), process)
}
