package gateway

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/config"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/metrics"
)

// fixture is a database with what is needed to serve it.
type fixture struct {
	dsn string
	// files are those that made the database, nil if there are none.
	files []string
	// fixed is set if the schema stays as the files made it.
	fixed bool
	// conn is the connection for loads, which loading guards; nil before the first.
	loading sync.Mutex
	conn    *pgx.Conn
}

// secret signs the tokens of the tests.
const secret = "not a secret at all, but long enough"

// made holds the snapshots of databases as their files made them, by the files and the options. They are the only thing
// that the tests share: databases that were copied from one template are equal, and reading one takes longer than most
// tests.
var made = struct {
	mu        sync.Mutex
	snapshots map[string]*cache.Snapshot
}{snapshots: make(map[string]*cache.Snapshot)}

// fixtureDatabase returns a fresh observatory and survey, whose schema the test may change, with what more files make.
func fixtureDatabase(t testing.TB, more ...string) *fixture {
	t.Helper()
	files := append([]string{"observatory.sql", "survey.sql"}, more...)
	for i, name := range files {
		files[i] = filepath.Join("testdata/fixtures", name)
	}
	return &fixture{dsn: pgtest.Database(t, files...), files: files}
}

// fixedDatabase is a fixtureDatabase in which commands that change the schema fail. Its schema is read once for each
// configuration of it, by all tests together.
func fixedDatabase(t testing.TB) *fixture {
	t.Helper()
	f := fixtureDatabase(t, "fixed.sql")
	f.fixed = true
	return f
}

// token returns a token with a role.
func (f *fixture) token(t testing.TB, role string) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": role}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// config returns the tests' configuration with changes.
func (f *fixture) config(t testing.TB, changes ...string) *config.Config {
	t.Helper()
	return loadConfig(t, append([]string{
		`db-anon-role = "visitor"`, `db-schemas = "api"`, `jwt-secret = "` + secret + `"`, `log-level = "crit"`,
	}, changes...)...)
}

// serve runs a server on the fixture until the test ends, and returns its address.
func (f *fixture) serve(t testing.TB, changes ...string) string {
	t.Helper()
	cfg := f.config(t, changes...)
	return start(t, f.handler(t, cfg, io.Discard), cfg)
}

// handler returns a handler on the fixture.
func (f *fixture) handler(t testing.TB, cfg *config.Config, accessLog io.Writer) *Handler {
	t.Helper()
	return f.handlerOf(t, cfg, accessLog, f.snapshot(t, cfg))
}

// handlerOf returns a handler on the fixture that has a snapshot.
func (f *fixture) handlerOf(t testing.TB, cfg *config.Config, accessLog io.Writer, snapshot *cache.Snapshot) *Handler {
	t.Helper()
	return NewHandler(Dependencies{
		Snapshot:      func() *cache.Snapshot { return snapshot },
		Database:      f.pool(t, cfg),
		Log:           discardLog(),
		AccessLog:     accessLog,
		Metrics:       metrics.New(func() metrics.Pool { return metrics.Pool{} }),
		RetryAfter:    func() int { return 3 },
		OnUnavailable: func() {},
	}, cfg, newAuthenticator(t, cfg))
}

// snapshot reads the schemas of cfg.
func (f *fixture) snapshot(t testing.TB, cfg *config.Config) *cache.Snapshot {
	t.Helper()
	if f.fixed {
		return f.snapshotAsMade(t, cfg)
	}
	return cache.Build(f.load(t, loadOptions(cfg)))
}

// snapshotAsMade returns the snapshot of the schemas of cfg as the files made them. If no test has read it yet, it is
// read from the database, whose schema must not have been changed.
func (f *fixture) snapshotAsMade(t testing.TB, cfg *config.Config) *cache.Snapshot {
	t.Helper()
	options := loadOptions(cfg)
	key := fmt.Sprintf("%q %q", f.files, options)
	made.mu.Lock()
	defer made.mu.Unlock()
	if made.snapshots[key] == nil {
		made.snapshots[key] = cache.Build(f.load(t, options))
	}
	return made.snapshots[key]
}

func loadOptions(cfg *config.Config) cache.Options {
	return cache.Options{
		Schemas: cfg.DBSchemas, ExtraSearchPath: cfg.DBExtraSearchPath, HoistedSettings: cfg.DBHoistedTxSettings,
	}
}

// load reads the catalog, again and again on one connection: PostgreSQL needs several times as long on a new one, which
// knows none of its own catalog.
func (f *fixture) load(t testing.TB, options cache.Options) *cache.Catalog {
	t.Helper()
	f.loading.Lock()
	defer f.loading.Unlock()
	if f.conn == nil || f.conn.IsClosed() { // with the test that opened it
		f.conn = pgtest.Conn(t, f.dsn)
	}
	catalog, err := cache.Load(t.Context(), f.conn, options)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

// pool opens connections as the role that may become the others.
func (f *fixture) pool(t testing.TB, cfg *config.Config) *exec.Pool {
	t.Helper()
	return f.poolOf(t, exec.Options{Size: 4, AcquireTimeout: time.Minute, Settings: exec.Settings{
		MaxWaiting: 100,
		Options: session.Options{
			Prepared: cfg.DBPreparedStatements, StatementCacheSize: cfg.DBStatementCacheSize, StatementCacheBytes: 1 << 20,
			StreamThreshold: cfg.ServerStreamThreshold,
		},
	}})
}

func (f *fixture) poolOf(t testing.TB, o exec.Options) *exec.Pool {
	t.Helper()
	connection, err := pgconn.ParseConfig(f.dsn)
	if err != nil {
		t.Fatal(err)
	}
	connection.User = "gatekeeper"
	o.Connection = connection
	p, err := exec.NewPool(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}
