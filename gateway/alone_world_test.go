package gateway

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
)

// aloneConfig is a configuration of the servers.
type aloneConfig struct {
	prepared, certain, gate, tags bool
	txEnd                         string
}

func (c *aloneConfig) overridable() bool { return strings.HasSuffix(c.txEnd, "override") }

// aloneServer is a server with a database.
type aloneServer struct {
	t       *testing.T
	db      *pgx.Conn
	handler *Handler
	pool    *exec.Pool
	certain atomic.Bool
	url     string
}

// newAloneTest starts the servers.
func newAloneTest(t *testing.T, seed uint64) *aloneTest {
	t.Helper()
	files := []string{"alone.sql", installFile}
	tested, single := fixtureDatabase(t, files...), fixtureDatabase(t, files...)
	a := &aloneTest{Rand: rand.New(rand.NewPCG(seed, 0)), t: t, tried: map[string]int{}, tokens: map[string]string{}, clean: map[string]string{}}
	for _, role := range []string{"astronomer", "alone_serial", "alone_hasty", "alone_narrow"} {
		a.tokens[role] = tested.token(t, role)
	}
	conn, alone := pgtest.Conn(t, tested.dsn), pgtest.Conn(t, single.dsn)
	// One by one, operations would fire what is deferred.
	if _, err := alone.Exec(t.Context(), `drop trigger is_due on api.due; drop trigger note_due on api.due; drop trigger note_due on api.part;
		create trigger note_due after insert or update on api.due for each row execute function internal.note_due();
		create trigger note_due after insert or update on api.part for each row execute function internal.note_due()`); err != nil {
		t.Fatal(err)
	}
	a.tested = []*aloneServer{newAloneServer(t, tested, conn, 1), newAloneServer(t, tested, conn, 3)}
	a.single = newAloneServer(t, single, alone, 1)
	a.configure()
	a.clean[""] = a.probe(a.single, "")
	for role := range a.tokens {
		a.clean[role] = a.probe(a.single, role)
	}
	return a
}

// newAloneServer starts a server with a pool of a size.
func newAloneServer(t *testing.T, db *fixture, conn *pgx.Conn, size int) *aloneServer {
	t.Helper()
	cfg := db.config(t)
	snapshot := db.snapshot(t, cfg)
	s := &aloneServer{t: t, db: conn, handler: db.handlerOf(t, cfg, io.Discard, snapshot)}
	s.pool = db.poolOf(t, exec.Options{Size: size, AcquireTimeout: time.Minute, Settings: aloneSettings(false)})
	s.handler.Database = s.pool
	s.handler.Standing = func(*cache.Snapshot, *cache.Uses) (uint64, bool) { return 0, s.certain.Load() }
	s.url = "http://" + start(t, s.handler, cfg)
	return s
}

func aloneSettings(prepared bool) exec.Settings {
	return exec.Settings{MaxWaiting: 100, BatchDepth: 4, Options: session.Options{
		Prepared: prepared, StatementCacheSize: 100, StatementCacheBytes: 1 << 20, StreamThreshold: 1 << 20,
	}}
}

// configure draws a configuration. That of requests alone has what their answers depend on, and nothing else.
func (a *aloneTest) configure() {
	a.cfg = aloneConfig{
		prepared: a.IntN(2) == 0, certain: a.IntN(2) == 0, gate: a.IntN(3) > 0, tags: a.IntN(2) == 0,
		txEnd: pick(a.Rand, "commit", "commit-allow-override", "commit-allow-override", "rollback-allow-override", "rollback"),
	}
	lines := []string{}
	if a.cfg.gate {
		lines = append(lines, `db-pre-request = "internal.gate"`)
	}
	if a.cfg.tags {
		lines = append(lines, fmt.Sprintf("db-etag = %q", pick(a.Rand, "on-request", "always")))
	}
	if a.IntN(4) == 0 {
		lines = append(lines, "db-max-rows = 2")
	}
	a.single.configure(lines...)
	lines = append(lines, "db-idempotency = true", fmt.Sprintf("db-tx-end = %q", a.cfg.txEnd), fmt.Sprintf("db-prepared-statements = %v", a.cfg.prepared))
	for _, s := range a.tested {
		s.configure(lines...)
		s.pool.SetSettings(aloneSettings(a.cfg.prepared))
		s.certain.Store(a.cfg.certain)
	}
}

// configure gives a server a configuration, with the settings of the roles.
func (s *aloneServer) configure(lines ...string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "trunkline.conf")
	lines = append(lines, fmt.Sprintf("db-uri = %q", s.db.Config().ConnString()+" user=gatekeeper"), `db-schemas = "api"`,
		`db-anon-role = "visitor"`, fmt.Sprintf("jwt-secret = %q", secret))
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		s.t.Fatal(err)
	}
	loader := config.NewLoader(config.Options{File: file, Version: "1.2.3"})
	cfg, err := loader.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	store := config.NewStore(loader, cfg)
	if outcome, err := store.Reload(s.t.Context()); err != nil || outcome != (config.Outcome{}) {
		s.t.Fatalf("%v, %+v", err, outcome)
	}
	s.handler.Configure(store.Current(), newAuthenticator(s.t, store.Current()))
}

// ask sends a request.
func (s *aloneServer) ask(t *testing.T, method, path, body string, headers []string) answered {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	a, err := askURL(ctx, s.url+path, method, body, headers...)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		a.header = http.Header{}
	}
	return a
}

// probe returns what a session of the server has.
func (a *aloneTest) probe(server *aloneServer, role string) string {
	d := aloneDrawer{}
	r := d.probe(true)
	answer := server.ask(a.t, r.method, r.path, r.payload(), a.lines(role, nil))
	return fmt.Sprint(answer.status, answer.body)
}

// value returns what a query of the superuser returns.
func (s *aloneServer) value(sql string) (value string) {
	s.t.Helper()
	if err := s.db.QueryRow(s.t.Context(), sql).Scan(&value); err != nil {
		s.t.Fatal(err)
	}
	return value
}

func (s *aloneServer) dump() string {
	s.t.Helper()
	return s.value("select internal.dump()")
}

// restore makes the tables what they were.
func (s *aloneServer) restore(dump string) {
	s.t.Helper()
	if _, err := s.db.Exec(s.t.Context(), "select internal.restore($1)", dump); err != nil {
		s.t.Fatal(err)
	}
}
