package exec

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/planner/apierr"
)

// transaction is a job whose answer says how its transaction runs. A write inserts a row.
func transaction(writes bool) *Job {
	const seen = "current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')"
	if !writes {
		return read(mainOf(seen, "(values (1)) v"))
	}
	return write(sqlOf("with w as (insert into counted values (1) returning *) " +
		"select current_user, null::bigint, count(*), null::text, null::text, null::text[], null::int, " + seen + " from w"))
}

// deaf returns the configuration of connections to a pooler that refuses unknown startup parameters, or
// ignores them.
func deaf(t *testing.T, config *pgconn.Config, ignores bool) *pgconn.Config {
	t.Helper()
	config = config.Copy()
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &deafConn{Conn: c, ignores: ignores}, err
	}
	return config
}

type deafConn struct {
	net.Conn
	ignores, refused bool
}

const startupRefusal = "SFATAL\x00VFATAL\x00C08P01\x00Munsupported startup parameter\x00\x00"

func (c *deafConn) Write(b []byte) (int, error) {
	i := strings.Index(string(b), "default_transaction_")
	switch {
	case i < 0 || types(b) != "" && b[0] != 0: // no startup message, whose first byte is that of its length
	case !c.ignores:
		c.refused = true
		return len(b), nil
	default:
		masked := strings.ReplaceAll(string(b), "default_transaction_", "ignored.transaction_")
		n, err := c.Conn.Write([]byte(masked))
		return min(n, len(b)), err
	}
	return c.Conn.Write(b)
}

func (c *deafConn) Read(b []byte) (int, error) {
	if !c.refused {
		return c.Conn.Read(b)
	}
	return copy(b, "E\x00\x00\x00"+string(rune(4+len(startupRefusal)))+startupRefusal), nil
}

// Transactions run as jobs request, whatever the defaults of the login role are: they are read committed, and
// writes can write. That also holds if the server does not accept these settings when a connection is opened.
func TestDefaultsOfTheLoginRole(t *testing.T) {
	d := newDatabase(t)
	const change = "do $$ begin execute format('alter role exec_authenticator in database %I set "
	for _, setting := range []string{
		"default_transaction_isolation = serializable", "default_transaction_read_only = on", "default_transaction_deferrable = on",
	} {
		alter(t, d, change+setting+"', current_database()); end $$")
	}
	tcp := d.networks(t)["tcp"] // where startup messages are not encrypted and can be read
	for name, config := range map[string]*pgconn.Config{
		"server": d.config, "pooler that refuses": deaf(t, tcp, false), "pooler that ignores": deaf(t, tcp, true),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, config, batched(1))
			process := backend(t, p)
			for range 3 { // the last time with prepared statements
				defaultsDoNotMatter(t, p)
			}
			for _, a := range together(t, t.Context(), p, quick(transaction(false)), quick(roleOnly(transaction(false)))) {
				contains(t, "together", bodyOf(t, a), "read committed ")
			}
			equal(t, "process", backend(t, p), process)
		})
	}
	equal(t, "rows", d.query(t, rowsCounted), "27")
}

// defaultsDoNotMatter runs transactions of all kinds. Three of them insert a row.
func defaultsDoNotMatter(t *testing.T, p *Pool) {
	t.Helper()
	with := func(job *Job, change func(*Job)) *Job { change(job); return job }
	for _, tt := range []struct {
		job  *Job
		want string
	}{
		{transaction(false), "read committed on"},
		{with(transaction(false), func(j *Job) { j.Isolation = "repeatable read" }), "repeatable read on"},
		{transaction(true), "read committed off"},
		{with(transaction(true), func(j *Job) { j.Rollback = true }), "read committed off"},
		{with(transaction(true), func(j *Job) { j.Check = func(*Answer) *apierr.Error { return nil } }), "read committed off"},
		{with(transaction(true), func(j *Job) { j.Isolation = "serializable" }), "serializable off"},
		{with(transaction(true), func(j *Job) { j.Isolation, j.Rollback = "read committed", true }), "read committed off"},
	} {
		equal(t, "transaction", mustRun(t, p, tt.job), tt.want)
	}
	for isolation, level := range map[string]string{"": "read committed", "repeatable read": "repeatable read"} {
		read, _ := chainOf(1, transaction(false))
		written, answers := chainOf(2, transaction(true), transaction(false))
		read.ReadOnly, read.Isolation, written.Isolation, written.Rollback = true, isolation, isolation, true
		for _, c := range []*Chain{read, written} {
			if err := p.RunChain(t.Context(), c); err != nil {
				t.Error("chain:", err)
			}
		}
		equal(t, "chain", string(answers[0].Body), level+" off")
		equal(t, "chain", string(answers[1].Body), level+" on")
	}
	contains(t, "role only", mustRun(t, p, roleOnly(transaction(false))), "read committed ")
}
