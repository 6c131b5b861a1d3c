package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

// restartable is a PostgreSQL server that can be stopped and started again at the same address.
type restartable struct {
	t       *testing.T
	dir     string // of the cluster
	folder  string // has a link to its socket
	cluster *localpg.Cluster
	// settings are those of the server.
	settings map[string]string
}

// socket is the name of the unix socket of a server on the default port.
const socket = ".s.PGSQL.5432"

func newRestartable(t *testing.T) *restartable {
	r := &restartable{t: t, dir: pgtest.Dir(t), folder: pgtest.Dir(t)}
	t.Cleanup(func() { r.stop() })
	return r
}

// dsn returns the superuser's connection string, which does not change when the server restarts.
func (r *restartable) dsn() string {
	return "host=" + r.folder + " port=5432 user=postgres dbname=postgres sslmode=disable"
}

func (r *restartable) start() {
	r.t.Helper()
	var err error
	if r.cluster, err = localpg.Start(context.Background(), localpg.Options{Dir: r.dir, Settings: r.settings}); err != nil {
		r.t.Fatal(err)
	}
	r.place()
}

// place makes the link to the server's socket.
func (r *restartable) place() {
	r.t.Helper()
	if err := os.Symlink(socketOf(r.t, r.cluster.DSN("postgres")), r.path()); err != nil {
		r.t.Fatal(err)
	}
}

// standby starts a standby of the server. The test is skipped if there is no program to make one with.
func (r *restartable) standby() *restartable {
	r.t.Helper()
	s := newRestartable(r.t)
	var err error
	s.cluster, err = r.cluster.StartStandby(context.Background())
	if errors.Is(err, localpg.ErrNoBaseBackup) {
		r.t.Skip(err)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	s.place()
	return s
}

// socketOf returns the path of the unix socket of a connection string.
func socketOf(t *testing.T, dsn string) string {
	t.Helper()
	cc, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cc.Host, ".s.PGSQL."+strconv.Itoa(int(cc.Port)))
}

// path returns the path of the server's socket, which does not change either.
func (r *restartable) path() string { return filepath.Join(r.folder, socket) }

// crash ends the server at once, as if it had crashed: it recovers when it is started again.
func (r *restartable) crash() { r.end(syscall.SIGQUIT) }

// end ends the server with a signal.
func (r *restartable) end(signal syscall.Signal) {
	r.t.Helper()
	if err := syscall.Kill(r.cluster.Pid(), signal); err != nil {
		r.t.Fatal(err)
	}
	<-r.cluster.Done()
	r.stop()
}

func (r *restartable) stop() {
	r.t.Helper()
	if r.cluster == nil {
		return
	}
	if err := r.cluster.Stop(); err != nil {
		r.t.Error(err)
	}
	if err := os.Remove(r.path()); err != nil {
		r.t.Error(err)
	}
	r.cluster = nil
}

// fill makes what the tests of the gateway need.
func (r *restartable) fill() {
	r.t.Helper()
	text, err := os.ReadFile(fixture)
	if err != nil {
		r.t.Fatal(err)
	}
	execute(r.t, pgtest.Conn(r.t, r.dsn()), string(text))
}

// TestDatabaseRestarts starts the gateway before its database, and later restarts the database under load.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	database := newRestartable(t)
	database.start()
	database.fill()
	database.stop()

	g := start(t, database.dsn(), "PGRST_DB_POOL=4")
	a := g.get("/films")
	if err := unavailable(a); err != nil || !strings.Contains(a.body, `"PGRST002"`) {
		t.Errorf("before the database is up: %v", a)
	}
	database.start()
	served := func() bool { return g.get("/films?id=eq.1").body == `[{"id":1,"title":"Film 1"}]` }
	took := g.eventually("served after the start", served)
	t.Logf("%v until served after the start", took.Round(1e6))
	g.settle()

	l := g.loadWith(8, 0, unavailable)
	for range 2 {
		before := l.served.Load()
		g.eventually("load", func() bool { return l.served.Load() > before+100 })
		database.stop()
		before = l.refused.Load()
		g.eventually("refusal", func() bool { return l.refused.Load() > before+100 })
		database.start()
		took := g.eventually("served after the restart", served)
		t.Logf("%v until served after the restart", took.Round(1e6))
	}
	l.end()
	g.settle()
	if l.refused.Load() == 0 {
		t.Error("nobody noticed that the database was away")
	}
	if code := g.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestLostBackends repeatedly kills all connections under load.
func TestLostBackends(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	g := start(t, dsn, "PGRST_DB_POOL=4")
	g.settle()
	l := g.loadWith(8, 0, unavailable)
	for range 5 {
		before := l.served.Load()
		g.eventually("load", func() bool { return l.served.Load() > before+50 })
		terminate(t, conn)
	}
	l.end()
	g.eventually("served", func() bool { return g.get("/rpc/add?a=1&b=2").body == "3" })
}

// terminate kills the gateway's backends.
func terminate(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	execute(t, conn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = 'e2e_login'`)
}

// TestSilentDatabase starts the gateway with a database that accepts connections but never answers.
func TestSilentDatabase(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).Port
	g := start(t, fmt.Sprintf("host=127.0.0.1 port=%d sslmode=disable connect_timeout=1", port))
	if a := g.get("/films"); unavailable(a) != nil {
		t.Errorf("got %v", a)
	}
	if code := g.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
