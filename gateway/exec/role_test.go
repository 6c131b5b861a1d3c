package exec

import (
	"strings"
	"testing"

	"trunkline/planner/pgsql"
)

// asMember gives a job another role than the anonymous one.
func asMember(job *Job) *Job {
	job.Role = "exec_member"
	job.Settings.Params = sqlOf("", job.Role, "{}").Params
	return job
}

// roleOnly makes a job a pure read that can see only its role. Its settings statement sets only the role.
func roleOnly(job *Job) *Job {
	job.Pure, job.RoleOnly = true, true
	job.Settings = sqlOf("select set_config('role', $1, true)", job.Role)
	return job
}

// classified has functions that one role may execute and the other may not, in all places of a statement in which
// PostgreSQL inlines or folds them while it plans: it checks the privilege to execute then, and not again.
const classified = `
create function f_stable() returns text language sql stable as $$ select 'classified' $$;
create function f_immutable() returns text language plpgsql immutable as $$ begin return 'classified'; end $$;
create function f_argument(int) returns text language sql stable as $$ select 'classified ' || $1 $$;
create function f_set() returns setof text language sql stable as $$ select 'classified' $$;
create function f_computed(item) returns text language sql stable as $$ select 'classified ' || $1.name $$;
revoke execute on function f_stable(), f_immutable(), f_argument(int), f_set(), f_computed(item) from public;
grant execute on function f_stable(), f_immutable(), f_argument(int), f_set(), f_computed(item) to exec_member;`

// A statement that was planned for one role is not used for another.
func TestPlansServeOneRole(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, classified)
	p := newPool(t, d.config)
	process := backend(t, p)
	for name, main := range map[string]pgsql.Statement{
		"stable":        mainOf("f_stable()", "(values (1)) v group by ()"),
		"immutable":     mainOf("f_immutable()", "(values (1)) v group by ()"),
		"argument":      mainOf("f_argument($1::int)", "(values (1)) v group by ()", "1"),
		"set":           mainOf("max(s)", "f_set() s"),
		"select":        mainOf("max(f_computed(i))", "item i"),
		"filter":        mainOf("max(name)", "item i where f_computed(i) <> ''"),
		"order":         mainOf("max(name)", "(select * from item i order by f_computed(i) limit 1) i"),
		"of a write":    sqlOf(inserting("f_stable()")),
		"set by a role": mainOf("(select f_stable())", "(values (1)) v"),
	} {
		t.Run(name, func(t *testing.T) {
			for range 7 { // PostgreSQL keeps a plan for all parameters from the sixth on.
				mustRun(t, p, asMember(write(main)))
				e := mustFail(t, p, write(main), "42501")
				equal(t, "status", e.Status, 401)
			}
		})
	}
	equal(t, "process", backend(t, p), process)
}

// inserting is a write that shows an expression.
func inserting(expression string) string {
	return "with w as (insert into counted values (1) returning " + expression + " as x) " +
		"select current_user, null::bigint, count(*), null, null, null::text[], null::int, max(x) from w"
}

// A pure read that sees only its role is sent alone where the session has the role, and what sets a role comes once.
func TestRoleOnlyRoundTrips(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	for range 2 {
		mustRun(t, p, roleOnly(names("1")))
		mustRun(t, p, roleOnly(asMember(names("1"))))
	}
	for _, test := range []struct {
		name string
		job  *Job
		want string
	}{
		{"another role", roleOnly(names("1")), "[BESBES]"},
		{"the same role", roleOnly(names("2")), "[BES]"},
		{"again", roleOnly(names("3")), "[BES]"},
		{"the other role", roleOnly(asMember(names("1"))), "[BESBES]"},
	} {
		w.reset()
		equal(t, test.name, mustRun(t, p, test.job) != "", true)
		equal(t, test.name, sentBy(&w), test.want)
	}
	impure := call("leave_settings()")
	mustRun(t, p, impure) // after which the session has no role
	w.reset()
	mustRun(t, p, roleOnly(asMember(names("1"))))
	equal(t, "after a job that was cleaned up after", sentBy(&w), "[BESBES]")
}

// Whatever other jobs do with roles, a read that sees only its role runs as that.
func TestRoleOnlyAmongOthers(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	who := func() *Job { return read(mainOf("current_user::text", "(values (1)) v")) }
	others := map[string]func(){
		"nothing":               func() {},
		"a role that is none":   func() { mustFail(t, p, roleOnly(ofRole(who(), "exec_nobody")), "22023") },
		"a role without a name": func() { mustFail(t, p, roleOnly(ofRole(who(), "")), "22023") },
		"the login role":        func() { mustRun(t, p, roleOnly(ofRole(who(), "none"))) },
		"a failure":             func() { mustFail(t, p, roleOnly(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v"))), "22012") },
		"a call":                func() { mustRun(t, p, call("leave_settings()")) },
		"a call that fails": func() {
			mustFail(t, p, read(mainOf("(1/(count(*)-1))::text", "(select leave_settings()) f")), "22012")
		},
		"a write":        func() { mustRun(t, p, asMember(insert())) },
		"a rollback":     func() { j := asMember(insert()); j.Rollback = true; mustRun(t, p, j) },
		"an isolation":   func() { j := asMember(who()); j.Isolation = "serializable"; mustRun(t, p, j) },
		"a login's read": func() { j := asMember(who()); j.AsLogin = true; mustRun(t, p, j) },
		"a renewal":      func() { p.Renew() },
		"a reload":       func() { p.SetGeneration(77) },
	}
	for before, first := range others {
		for after, second := range others {
			first()
			equal(t, "after "+before, mustRun(t, p, roleOnly(asMember(who()))), "exec_member")
			second()
			equal(t, "after "+after, mustRun(t, p, roleOnly(who())), "exec_anonymous")
		}
	}
}

func ofRole(job *Job, role string) *Job {
	job.Role = role
	job.Settings.Params = sqlOf("", role, "{}").Params
	return job
}

// A pure read that has run as another role is not answered, but run again.
func TestReadAsSomebodyElse(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	who := func() *Job { return roleOnly(read(mainOf("current_user::text", "(values (1)) v"))) }
	equal(t, "before", mustRun(t, p, who()), "exec_anonymous")
	deceiving := roleOnly(read(mainOf("set_config('role', 'exec_member', false)", "(values (1)) v group by ()")))
	mustRun(t, p, deceiving) // It says that it is pure.
	equal(t, "after", mustRun(t, p, who()), "exec_anonymous")
	headers := roleOnly(read(mainOf("set_config('response.headers', '[{\"X-Leak\":\"1\"}]', false)", "(values (1)) v group by ()")))
	mustRun(t, p, headers)
	r, err := p.Run(t.Context(), who())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "headers", string(r.ResponseHeaders), "")
	r.Release()
}

// After a job that fails, the connection is not clean when the next one of its flush runs: that one is tried again.
func TestBatchBehindWhatFailed(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	locking := func() *Job {
		return quick(read(mainOf("(1/(count(*)-1))::text", "(select pg_advisory_lock(4711)) f")))
	}
	locks := func() *Job {
		return quick(read(mainOf("(select count(*) from pg_locks where locktype = 'advisory')::text", "(values (1)) v")))
	}
	for range 3 {
		a := together(t, t.Context(), p, locks(), locking(), locks(), roleOnly(locks()), locks())
		failed(t, within(t, a[1]).err, "22012")
		for _, i := range []int{0, 2, 3, 4} {
			equal(t, "locks", bodyOf(t, a[i]), "0")
		}
	}
}

// Members of a batch do not run as the role of the job before them, whatever its outcome.
func TestRolesInABatch(t *testing.T) {
	p := newPool(t, newDatabase(t).config, batched(1))
	who := func() *Job { return quick(roleOnly(read(mainOf("current_user::text", "(values (1)) v")))) }
	memberWho := func() *Job { return quick(roleOnly(asMember(read(mainOf("current_user::text", "(values (1)) v"))))) }
	nobody := func() *Job {
		return quick(roleOnly(ofRole(read(mainOf("current_user::text", "(values (1)) v")), "exec_nobody")))
	}
	nobodyFails := func() *Job {
		return quick(roleOnly(ofRole(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v")), "exec_nobody")))
	}
	fails := func() *Job {
		return quick(roleOnly(asMember(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v")))))
	}
	for range 3 {
		a := together(t, t.Context(), p, memberWho(), who(), nobody(), nobodyFails(), memberWho(), who(), fails(), memberWho())
		for i, want := range []string{
			"exec_member", "exec_anonymous", "22023", "22023", "exec_member", "exec_anonymous", "22012", "exec_member",
		} {
			if got := within(t, a[i]); len(want) == 5 {
				failed(t, got.err, want)
			} else {
				equal(t, "who", got.body, want)
			}
		}
	}
}

// A role that the login role may no longer set, or that is dropped and created again, is not kept for long.
func TestRoleIsLost(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, "create role exec_lost; grant exec_lost to exec_authenticator; grant select on item to exec_lost")
	defer alter(t, d, "drop owned by exec_lost; drop role exec_lost")
	p := newPool(t, d.config)
	job := func() *Job { return roleOnly(ofRole(names("1"), "exec_lost")) }
	for range 3 {
		equal(t, "before", mustRun(t, p, job()), "item 1")
	}
	alter(t, d, "revoke exec_lost from exec_authenticator")
	until(t, "it is refused", func() bool {
		r, err := p.Run(t.Context(), job())
		if err == nil {
			r.Release()
		}
		return err != nil
	})
	failed(t, func() error { _, err := p.Run(t.Context(), job()); return err }(), "42501")
	alter(t, d, "grant exec_lost to exec_authenticator")
	equal(t, "granted again", mustRun(t, p, job()), "item 1")
	alter(t, d, "drop owned by exec_lost; drop role exec_lost; create role exec_lost; "+
		"grant exec_lost to exec_authenticator; grant select on item to exec_lost")
	equal(t, "made anew", mustRun(t, p, job()), "item 1")
}

// After a read that failed, the role is set again: it may have been the reason.
func TestRoleIsSetAgainAfterAFailure(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	lean := roleOnly(names("1"))
	equal(t, "body", mustRun(t, p, lean), "item 1")
	mustFail(t, p, roleOnly(read(mainOf("(1/(count(*)-1))::text", "(values (1)) v"))), "22012")
	w.reset()
	equal(t, "body", mustRun(t, p, lean), "item 1")
	equal(t, "transactions", strings.Count(strings.Join(w.sent(), ""), "S"), 2)
}
