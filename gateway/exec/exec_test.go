package exec

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// database is a fresh database of testdata/schema.sql, as its superuser and as the authenticator see it.
type database struct {
	superuser string
	config    *pgconn.Config // the authenticator's
	conn      *pgx.Conn      // the superuser's
}

func newDatabase(t testing.TB) database {
	t.Helper()
	dsn := pgtest.Database(t, "testdata/schema.sql")
	return database{superuser: dsn, config: authenticator(t, dsn), conn: pgtest.Conn(t, dsn)}
}

// authenticator returns how the role exec_authenticator connects.
func authenticator(t testing.TB, dsn string) *pgconn.Config {
	t.Helper()
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.User, config.Password = "exec_authenticator", "tr'icky pass"
	return config
}

// query returns the first column of the first row, as the superuser sees it.
func (d database) query(t testing.TB, sql string) (value string) {
	t.Helper()
	if err := d.conn.QueryRow(t.Context(), "select ("+sql+")::text").Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// newPool returns a pool that is closed when the test ends. The options may be changed before.
func newPool(t testing.TB, config *pgconn.Config, change ...func(*Options)) *Pool {
	t.Helper()
	o := Options{
		Connection: config, Size: 1, AcquireTimeout: patience,
		Settings: Settings{MaxWaiting: 100, Options: session.Options{
			Prepared: true, StatementCacheSize: 50, StatementCacheBytes: 1 << 20, StreamThreshold: 1 << 20,
		}},
	}
	for _, f := range change {
		f(&o)
	}
	p, err := NewPool(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func unprepared(o *Options) { o.Prepared = false }

func size(n int) func(*Options) { return func(o *Options) { o.Size = n } }

// sqlOf returns a statement with text parameters.
func sqlOf(sql string, params ...string) pgsql.Statement {
	s := pgsql.Statement{SQL: sql}
	for _, p := range params {
		s.Params = append(s.Params, pgsql.Param{Value: []byte(p)})
	}
	return s
}

// mainOf returns a main statement whose body is an expression over the rows of a from clause.
func mainOf(body, from string, params ...string) pgsql.Statement {
	return sqlOf("select current_user, null::bigint, count(*), nullif(current_setting('response.headers', true), ''), "+
		"nullif(current_setting('response.status', true), ''), null::text[], null::int, "+body+" from "+from, params...)
}

const settingsSQL = "select set_config('search_path', 'public', true), set_config('role', $1, true), " +
	"set_config('request.jwt.claims', $2, true)"

// read is a read-only job whose main statement is given.
func read(main pgsql.Statement) *Job {
	return &Job{Job: session.Job{
		Settings: sqlOf(settingsSQL+", set_config('transaction_read_only', 'on', true)", "exec_anonymous", "{}"),
		Role:     "exec_anonymous", Main: main, ReadOnly: true, RoleBound: true,
	}}
}

// write is a job that writes.
func write(main pgsql.Statement) *Job {
	return &Job{Job: session.Job{
		Settings: sqlOf(settingsSQL, "exec_anonymous", "{}"), Role: "exec_anonymous", Main: main, RoleBound: true,
	}}
}

// names reads an item by its number.
func names(id string) *Job {
	return read(mainOf("coalesce(string_agg(name, ','), '')", "item where id = $1", id))
}

// insert is a job that inserts a row into the table counted.
func insert() *Job {
	return write(sqlOf("with w as (insert into counted values (1) returning *) " +
		"select current_user, null::bigint, count(*), null::text, null::text, null::text[], null::int, 'done' from w"))
}

// call is a job that calls a function.
func call(function string) *Job { return read(mainOf("'called'", "(select "+function+") f")) }

// mustRun runs a job that has to succeed and returns its body.
func mustRun(t testing.TB, p *Pool, job *Job) string {
	t.Helper()
	r, err := p.Run(t.Context(), job)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	defer r.Release()
	return string(r.Body)
}

// mustFail runs a job that has to fail with a code, and returns the error.
func mustFail(t testing.TB, p *Pool, job *Job, code string) apierr.Error {
	t.Helper()
	return mustFailWith(t, t.Context(), p, job, code)
}

func mustFailWith(t testing.TB, ctx context.Context, p *Pool, job *Job, code string) apierr.Error {
	t.Helper()
	r, err := p.Run(ctx, job)
	if err == nil {
		t.Fatalf("Run succeeded with %q, want error %s", r.Body, code)
	}
	return failed(t, err, code)
}

// failed returns an error that has to have a code.
func failed(t testing.TB, err error, code string) apierr.Error {
	t.Helper()
	e, ok := err.(*apierr.Error)
	if !ok || e.Code != code {
		t.Fatalf("Run: %v (%T), want code %s", err, err, code)
	}
	return *e
}

// aside runs a job in a goroutine and sends its error.
func aside(ctx context.Context, p *Pool, job *Job) <-chan error {
	done := make(chan error, 1)
	go func() {
		r, err := p.Run(ctx, job)
		if err == nil {
			r.Release()
		}
		done <- err
	}()
	return done
}

// backend returns the process that serves the pool's one connection.
func backend(t testing.TB, p *Pool) string {
	t.Helper()
	return mustRun(t, p, read(mainOf("pg_backend_pid()::text", "(values (1)) v")))
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func contains(t testing.TB, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: %q, want it to contain %q", what, got, want)
	}
}

// networks are the kinds of addresses of the database: a unix socket, and TCP with a password.
func (d database) networks(t testing.TB) map[string]*pgconn.Config {
	t.Helper()
	unix, err := pgconn.ParseConfig(d.superuser)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*pgconn.Config{
		"unix": d.config,
		"tcp":  authenticator(t, pgtest.Cluster(t).TCP(unix.Database)),
	}
}

// patience is how long a test waits for what has to happen: it ends a test that hangs, and says
// nothing about how long things take. Statements that are to be canceled take endless, which is longer.
const (
	patience = 2 * time.Minute
	endless  = "pg_sleep(300)"
)
