package exec

import (
	"net"
	"testing"

	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
)

// The connection of a chain breaks behind any byte that is sent, or received. All of it is done, or nothing, and the
// outcome says which, or that it is unknown. Nothing is done twice.
func TestChainCutAnywhere(t *testing.T) {
	d := newDatabase(t)
	var w tap
	p := newPool(t, w.through(d.config))
	count := func() int {
		mustRun(t, p, names("1")) // on the pool's one connection; what is broken ends, and commits before if it has to
		eventually(t, d, "select count(*) from pg_stat_activity where usename = 'exec_authenticator' and datname = current_database()", "1")
		var n int
		if err := d.conn.QueryRow(t.Context(), "select count(*) from counted").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	seen := map[string]int{}
	// try runs a chain of two flushes and a commit. The connection breaks in the one with an index.
	try := func(flush int, arm func()) {
		c, _ := chainOf(2, insert(), counts(), insert(), insert())
		next := c.Next
		c.Next = func(done int) (session.Flush, *apierr.Error) {
			if done/2 == flush && !(done == 0 && flush != 0) {
				arm()
			}
			return next(done)
		}
		before := count()
		err := p.RunChain(t.Context(), c)
		code := "done"
		if err != nil {
			code = err.(*apierr.Error).Code
		}
		seen[code]++
		done := count() - before
		if code == "done" && done != 3 || code == "PGRST001" && done != 0 || code == "TRUNK500" && done != 0 && done != 3 ||
			code != "done" && code != "PGRST001" && code != "TRUNK500" {
			t.Errorf("%s, and %d rows were written", code, done)
		}
	}
	armed := 0 // so that only the first try is disturbed
	once := func(set func(fake), f fake) func() {
		armed = 0
		return func() {
			if armed++; armed == 1 {
				set(f)
			}
		}
	}
	for flush := range 3 {
		longest := 0
		for n := 0; n <= longest; n += 5 {
			try(flush, once(w.onWrite, func(c net.Conn, b []byte) (int, error) {
				longest = len(b)
				return cutAfter(min(n, len(b)))(c, b)
			}))
		}
		for n := range 40 { // and of what is received, at most this many bytes
			try(flush, once(w.onRead, func(c net.Conn, b []byte) (int, error) {
				if n == 0 {
					return cut(c, nil)
				}
				read, err := c.Read(b[:min(7*n, len(b))])
				_ = c.Close()
				return read, err
			}))
		}
	}
	for _, code := range []string{"done", "PGRST001", "TRUNK500"} {
		if seen[code] == 0 {
			t.Errorf("%s was never seen: %v", code, seen)
		}
	}
}
