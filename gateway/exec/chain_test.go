package exec

import (
	"fmt"
	"testing"

	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
)

// chainOf returns a chain of jobs in flushes of a size, and their answers.
func chainOf(perFlush int, jobs ...*Job) (*Chain, []session.Answer) {
	answers := make([]session.Answer, len(jobs))
	c := &Chain{Chain: session.Chain{Role: "exec_anonymous", MaxBody: 1 << 20}}
	c.Next = func(done int) (f session.Flush, err *apierr.Error) {
		for i := done; i < min(done+perFlush, len(jobs)); i++ {
			f.Links = append(f.Links, session.Link{Job: &jobs[i].Job, Answer: &answers[i], Constant: jobs[i].RoleOnly})
		}
		f.Last = perFlush == atOnce
		return f, nil
	}
	return c, answers
}

// atOnce has all jobs and the commit in one flush.
const atOnce = 100

// eachFlush runs a test with all jobs in one flush, with one job in each, and with two.
func eachFlush(t *testing.T, test func(t *testing.T, perFlush int)) {
	for _, n := range []int{atOnce, 10, 1, 2} {
		t.Run(fmt.Sprint(n, " in a flush"), func(t *testing.T) { test(t, n) })
	}
}

// counts is a read that returns the number of rows in counted.
func counts() *Job { return read(mainOf("max(n)::text", "(select count(*) n from counted) c")) }

// failedAt runs a chain that has to fail because of one of its jobs.
func failedAt(t *testing.T, p *Pool, c *Chain, at int, code string) {
	t.Helper()
	err := p.RunChain(t.Context(), c)
	if err == nil {
		t.Fatalf("the chain succeeded, want error %s", code)
	}
	failed(t, err, code)
	equal(t, "failed", c.Failed, at)
}

func TestChain(t *testing.T) {
	eachFlush(t, func(t *testing.T, perFlush int) {
		d := newDatabase(t)
		p := newPool(t, d.config)
		for range 3 { // the last ones with prepared statements
			before := d.query(t, "select count(*) from counted")
			c, answers := chainOf(perFlush, insert(), counts(), insert(), insert(), counts())
			if err := p.RunChain(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			for i, more := range []string{"", "1", "", "", "3"} {
				if want := "done"; more == "" {
					equal(t, "body", string(answers[i].Body), want)
				} else {
					equal(t, "count", string(answers[i].Body), d.query(t, before+" + "+more))
				}
			}
			equal(t, "rows", d.query(t, "select count(*) - "+before+" from counted"), "3")
		}
	})
}

// A chain that fails anywhere has done nothing, and the connection goes on.
func TestChainFails(t *testing.T) {
	eachFlush(t, func(t *testing.T, perFlush int) {
		d := newDatabase(t)
		p := newPool(t, d.config)
		process := backend(t, p)
		for at := range 4 {
			jobs := []*Job{insert(), insert(), insert(), insert()}
			jobs[at] = failing("main", true)
			c, _ := chainOf(perFlush, jobs...)
			failedAt(t, p, c, at, "22012")
		}
		c, _ := chainOf(perFlush, insert(), violating(), insert())
		failedAt(t, p, c, -1, "23503") // when it is committed
		c, _ = chainOf(perFlush, insert(), violating(), insert())
		c.Rollback = true
		failedAt(t, p, c, -1, "23503")
		c, _ = chainOf(perFlush, insert(), insert())
		c.Rollback = true
		if err := p.RunChain(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		equal(t, "rows", d.query(t, "select count(*) from counted"), "0")
		equal(t, "process", backend(t, p), process)
	})
}

// Next can refuse to go on when it has seen answers.
func TestChainIsRefused(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	for refused := range 3 {
		c, _ := chainOf(1, insert(), insert(), insert())
		next := c.Next
		c.Next = func(done int) (session.Flush, *apierr.Error) {
			if done == refused {
				return session.Flush{}, apierr.NotSingular(0)
			}
			return next(done)
		}
		failedAt(t, p, c, -1, "PGRST116")
	}
	equal(t, "rows", d.query(t, "select count(*) from counted"), "0")
}

// What a job sets does not reach the next one.
func TestChainedJobsAreApart(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, `create function leaves() returns text language plpgsql as $$ begin
			perform set_config('app.left', 'behind', true), set_config('response.headers', '[{"A":"b"}]', true),
				set_config('response.status', '299', true), set_config('search_path', 'nowhere', true);
			perform set_config('role', 'exec_authenticator', true);
			return 'left'; end $$;
		create function leaves_for_the_session() returns text language plpgsql as $$ begin
			perform set_config('app.left', 'behind', false), set_config('role', 'exec_authenticator', false);
			return 'left'; end $$`)
	eachFlush(t, func(t *testing.T, perFlush int) {
		p := newPool(t, d.config)
		for _, function := range []string{"leaves()", "leaves_for_the_session()", "run_sql($sql$" + attack + "$sql$)"} {
			leave := write(mainOf("'called'", "(select "+function+") f"))
			leave.Tampers = true
			seen := write(mainOf("current_user || coalesce(nullif(current_setting('app.left', true), ''), '')", "counted"))
			for range 2 {
				c, answers := chainOf(perFlush, seen, leave, seen, insert(), leave, seen)
				if err := p.RunChain(t.Context(), c); err != nil {
					t.Fatal(function, ": ", err)
				}
				for _, i := range []int{0, 2, 5} {
					equal(t, function, string(answers[i].Body), "exec_anonymous")
					equal(t, "status", string(answers[i].ResponseStatus), "")
					equal(t, "headers", string(answers[i].ResponseHeaders), "")
				}
			}
		}
		equal(t, "role afterwards", mustRun(t, p, role()), "exec_anonymous")
	})
}

// A read among writes cannot write, and writes behind it can.
func TestChainedReadsCannotWrite(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, `create function writes() returns int language sql as 'insert into counted values (1) returning 1';
		grant execute on function writes to public`)
	eachFlush(t, func(t *testing.T, perFlush int) {
		p := newPool(t, d.config)
		c, _ := chainOf(perFlush, insert(), call("writes()"))
		failedAt(t, p, c, 1, "25006")
		c, _ = chainOf(perFlush, call("writes()"), insert())
		failedAt(t, p, c, 0, "25006")
		c, _ = chainOf(perFlush, counts(), call("writes()"))
		c.ReadOnly = true
		failedAt(t, p, c, 1, "25006")
		equal(t, "rows", d.query(t, "select count(*) from counted"), "0")
		c, _ = chainOf(perFlush, counts(), insert(), counts(), insert())
		if err := p.RunChain(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		equal(t, "rows", d.query(t, "select count(*) from counted"), "2")
		alter(t, d, "delete from counted")
	})
}

// The pre-request runs once, unless code of the database was in between.
func TestChainedPreRequest(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, "create sequence calls; grant all on calls to public")
	p := newPool(t, d.config)
	job := func(pure bool) *Job {
		j := write(mainOf("'x'", "counted"))
		j.PreRequest, j.Pure, j.RoleOnly = sqlOf("select nextval('calls')"), pure, pure
		return j
	}
	c, _ := chainOf(atOnce, job(true), job(true), job(true), job(false), job(true), job(true))
	if err := p.RunChain(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	// Before the first, before the one that is not constant, and once for each behind that.
	equal(t, "calls", d.query(t, "select last_value from calls"), "4")
}

func TestChainedBodiesAreBounded(t *testing.T) {
	d := newDatabase(t)
	eachFlush(t, func(t *testing.T, perFlush int) {
		p := newPool(t, d.config)
		large := read(mainOf("repeat('x', 1000)", "(values (1)) v"))
		c, _ := chainOf(perFlush, insert(), large, large, large)
		c.MaxBody = 2500
		failedAt(t, p, c, 3, "TRUNK413")
		c.MaxBody = 3004
		if err := p.RunChain(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		alter(t, d, "delete from counted")
	})
}

// A chain in which a function prepares statements can still be sent on another connection if its own was lost.
func TestChainTampersBehindLostConnection(t *testing.T) {
	d := newDatabase(t)
	p := newPool(t, d.config)
	prepares := read(mainOf("'called'", "(select run_sql($1)) f", "prepare own as select 1"))
	prepares.Tampers = true
	for range 3 {
		mustRun(t, p, names("1"))
	}
	d.query(t, "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'exec_authenticator' and datname = current_database()")
	eventually(t, d, "select count(*) from pg_stat_activity where usename = 'exec_authenticator' and datname = current_database()", "0")
	c, answers := chainOf(1, prepares, names("1"))
	c.ReadOnly = true
	if err := p.RunChain(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	equal(t, "body", string(answers[1].Body), "item 1")
}

// Each job of a chain may set what only the login role may set.
func TestChainSetsAsLogin(t *testing.T) {
	d := newDatabase(t)
	if d.query(t, "select current_setting('server_version_num')::int < 150000") == "true" {
		t.Skip("there are no privileges on parameters")
	}
	alter(t, d, "grant set on parameter log_min_messages to exec_authenticator")
	setting := func() *Job {
		job := read(mainOf("current_user || current_setting('log_min_messages')", "(values (1)) v"))
		job.Settings = sqlOf("select set_config('log_min_messages', 'panic', true), set_config('role', $1, true)", "exec_anonymous")
		job.AsLogin, job.Pure = true, true
		return job
	}
	eachFlush(t, func(t *testing.T, perFlush int) {
		p := newPool(t, d.config)
		c, answers := chainOf(perFlush, setting(), setting(), setting())
		c.AsLogin = true
		if err := p.RunChain(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for i := range answers {
			equal(t, "body", string(answers[i].Body), "exec_anonymouspanic")
		}
	})
}
