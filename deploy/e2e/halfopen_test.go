package e2e

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"trunkline/deploy/localpg/pgtest"
)

// dropAll is a filter of a socket (socket(7), SO_ATTACH_FILTER) that drops each segment.
var dropAll = [...]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}

// leaveUnacknowledged has what the gateway sends on its present connections be dropped before it is acknowledged, as if
// the cable was cut. To the gateway the connections look open.
func (l *link) leaveUnacknowledged() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		raw, err := p.client.SyscallConn()
		if err != nil {
			l.t.Fatal(err)
		}
		controlErr := raw.Control(func(fd uintptr) {
			filter := dropAll
			err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
				&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
		})
		if controlErr != nil || err != nil {
			l.t.Fatal(controlErr, err)
		}
	}
}

// TestHalfOpenConnections has the connections to the database half open, so that what the gateway sends is never
// acknowledged. Without tcp_user_timeout the system would give up after a quarter of an hour.
func TestHalfOpenConnections(t *testing.T) {
	t.Parallel()
	cc, err := pgx.ParseConfig(pgtest.Database(t, fixture))
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(t, socketOf(t, cc.ConnString()))
	dsn := "host=127.0.0.1 port=" + l.port() + " dbname=" + cc.Database + " sslmode=disable tcp_user_timeout=1000"
	g := start(t, dsn, "PGRST_DB_POOL=1")
	g.wants("/films?id=eq.1&select=id", 200, `[{"id":1}]`)
	l.leaveUnacknowledged()
	g.wants("/films?id=eq.2&select=id", 200, `[{"id":2}]`) // on another connection
	l.leaveUnacknowledged()
	a, err := g.ask(query{method: "POST", path: "/films", body: `{"id":99}`})
	if err != nil {
		t.Fatal(err)
	}
	if a.status != 500 || !strings.Contains(a.body, "TRUNK500") { // it may have arrived
		t.Errorf("a write on a connection that is half open: %v", a)
	}
	g.wants("/films?id=eq.3&select=id", 200, `[{"id":3}]`)
}
