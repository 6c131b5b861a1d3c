package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

// bouncerFixture has twenty tables of one shape; bouncerDynamic changes its functions.
const (
	bouncerFixture = "testdata/bouncer.sql"
	bouncerDynamic = "testdata/bouncer_dynamic.sql"
)

// bouncerSteps is the number of requests per client.
var bouncerSteps = flag.Int("bouncer", 100, "how many requests each client sends through PgBouncer")

const (
	bouncerTables  = 20
	bouncerClients = 16
	// sharedRows is the number of rows of each table that all clients read.
	sharedRows = 32
)

// TestPgBouncer reads and writes through a PgBouncer in transaction mode, so that each transaction may run on another
// server connection, which others have used in between. The clients check every answer; at the end, each table must
// contain exactly what was acknowledged.
func TestPgBouncer(t *testing.T) {
	t.Parallel()
	for _, mode := range []struct {
		name     string
		prepared []bool // of each gateway
		files    []string
	}{
		{"prepared", []bool{true}, []string{bouncerFixture}},
		{"unprepared", []bool{false}, []string{bouncerFixture}},
		{"two gateways", []bool{true, true}, []string{bouncerFixture}},
		{"two gateways, one of which prepares", []bool{true, false}, []string{bouncerFixture}},
		{"two gateways and dynamic SQL", []bool{true, true}, []string{bouncerFixture, bouncerDynamic}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b := newBouncer(t, mode.files...)
			l := &bouncerLoad{t: t, seed: rand.Uint64(), calls: map[cell]int{}, unsure: map[cell]bool{}}
			for _, prepared := range mode.prepared {
				l.gateways = append(l.gateways, b.gateway(t, prepared))
			}
			l.run(b)
		})
	}
}

// TestPgBouncerInSessionMode is like TestPgBouncer, with sessions that clients have for themselves: notifications arrive
// too. The pool has room for that of the gateway, its listener, its loads and the foreign client.
func TestPgBouncerInSessionMode(t *testing.T) {
	t.Parallel()
	b := newBouncerOf(t, localpg.BouncerOptions{PoolSize: bouncerPool + 6, Session: true}, bouncerFixture)
	g := b.gateway(t, true, "PGRST_DB_CHANNEL_ENABLED=true", "PGRST_DB_SCHEMA_LOOKUP_RATE=0")
	l := &bouncerLoad{t: t, seed: rand.Uint64(), calls: map[cell]int{}, unsure: map[cell]bool{}, gateways: []*gateway{g}}
	l.run(b)
	conn := pgtest.Conn(t, b.direct)
	execute(t, conn, "CREATE VIEW api.fresh AS SELECT 1 AS n; GRANT SELECT ON api.fresh TO bouncer_anon")
	g.eventually("listening", func() bool { return g.metric("trunkline_listener_up") == 1 })
	execute(t, conn, "NOTIFY pgrst, 'reload schema'")
	g.eventually("the view is served", func() bool { return g.get("/fresh").body == `[{"n":1}]` })
}

// bouncerPool is the size of the pool of a gateway behind PgBouncer.
const bouncerPool = 10

// bouncer is a database behind PgBouncer.
type bouncer struct {
	direct string // the superuser's connection string for the database, past PgBouncer
	login  string // the gateway's, through PgBouncer
}

// newBouncer starts a PgBouncer with fewer server connections than a gateway has in its pool.
func newBouncer(t *testing.T, files ...string) *bouncer {
	t.Helper()
	return newBouncerOf(t, localpg.BouncerOptions{PoolSize: 4}, files...)
}

// newBouncerOf starts a PgBouncer with options.
func newBouncerOf(t *testing.T, o localpg.BouncerOptions, files ...string) *bouncer {
	t.Helper()
	direct := pgtest.Database(t, files...)
	config, err := pgx.ParseConfig(direct)
	if err != nil {
		t.Fatal(err)
	}
	o.Users = []string{"bouncer_login"}
	b := pgtest.Bouncer(t, o)
	t.Log(b.Version())
	return &bouncer{direct, b.DSN(config.Database, "bouncer_login")}
}

// gateway starts a gateway behind PgBouncer.
func (b *bouncer) gateway(t *testing.T, prepared bool, environ ...string) *gateway {
	t.Helper()
	g := start(t, b.direct, append([]string{
		"PGRST_DB_URI=" + b.login, "PGRST_DB_ANON_ROLE=bouncer_anon", fmt.Sprint("PGRST_DB_POOL=", bouncerPool),
		"PGRST_DB_CHANNEL_ENABLED=false", fmt.Sprint("PGRST_DB_PREPARED_STATEMENTS=", prepared),
	}, environ...)...)
	g.settle()
	if g.logged("A connection pooler is between") == "" {
		t.Error("the log does not tell of the pooler")
	}
	return g
}

// cell identifies a row of a table.
type cell struct{ table, id int }

// bouncerLoad are clients of gateways behind one PgBouncer, and what they found.
type bouncerLoad struct {
	t        *testing.T
	seed     uint64
	gateways []*gateway

	mu       sync.Mutex
	requests int
	failed   []string // answers of 500 and more
	refused  []string // other statuses than the right one
	wrong    []string // the right status, but not the right body
	differs  []string // what the database holds at the end, and should not
	// calls counts the acknowledged increments of each row. It is unsure of those of which an answer was not the right
	// one.
	calls  map[cell]int
	unsure map[cell]bool
	lastID int // of the rows inserted
}

// run runs all clients, and meanwhile a foreign client on the same server connections.
func (l *bouncerLoad) run(b *bouncer) {
	l.t.Helper()
	f := newForeign(l.t, b.login)
	var clients, watch sync.WaitGroup
	done := make(chan struct{})
	watch.Go(func() { f.watch(done) })
	all := make([]*bouncerClient, bouncerClients)
	for n := range all {
		all[n] = newBouncerClient(l, n)
		clients.Go(all[n].run)
	}
	clients.Wait()
	close(done)
	watch.Wait()
	l.compare(pgtest.Conn(l.t, b.direct), all)
	l.report()
}

// report fails the test if an answer was wrong or missing, or if the database does not contain what was acknowledged.
func (l *bouncerLoad) report() {
	l.t.Helper()
	l.t.Logf("%d requests, seed %d", l.requests, l.seed)
	for what, all := range map[string][]string{
		"answers of 5xx": l.failed, "other statuses": l.refused, "wrong bodies": l.wrong,
		"differences in the database": l.differs,
	} {
		if len(all) > 0 {
			l.t.Errorf("%d %s, such as\n%s", len(all), what, strings.Join(all[:min(len(all), 5)], "\n"))
		}
	}
}

// note counts a request and records what was wrong with its answer. It reports whether the answer was right. Bodies are
// compared as JSON.
func (l *bouncerLoad) note(q query, a *answer, status int, body string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	text := fmt.Sprint(q.method, " ", q.path, " ", q.body, ": ", a)
	switch {
	case a.status >= http.StatusInternalServerError:
		l.failed = append(l.failed, text)
	case a.status != status:
		l.refused = append(l.refused, text)
	case !sameJSON(a.body, body):
		l.wrong = append(l.wrong, text)
	default:
		return true
	}
	return false
}

// noteCall counts an acknowledged increment.
func (l *bouncerLoad) noteCall(c cell, right bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if right {
		l.calls[c]++
	} else {
		l.unsure[c] = true
	}
}

// newID returns an id that no row has yet.
func (l *bouncerLoad) newID() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastID++
	return 1000 + l.lastID
}

// stored is a row as it is in the database.
type stored struct {
	ID             int
	Which, Reader  string
	Counter, Calls int
}

// compare checks that the tables contain exactly what was acknowledged.
func (l *bouncerLoad) compare(conn *pgx.Conn, clients []*bouncerClient) {
	l.t.Helper()
	for k := 1; k <= bouncerTables; k++ {
		rows, err := conn.Query(l.t.Context(), fmt.Sprintf("SELECT id, which, reader, counter, calls FROM api.t%d", k))
		if err != nil {
			l.t.Fatal(err)
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[stored])
		if err != nil {
			l.t.Fatal(err)
		}
		found := map[int]stored{}
		for _, row := range all {
			found[row.ID] = row
		}
		l.compareShared(k, found)
		for _, c := range clients {
			c.compare(k, found)
		}
		for _, row := range found { // rows that should not exist
			l.differ(k, row, stored{})
		}
	}
}

// compareShared checks the rows shared by all clients, and removes them from found.
func (l *bouncerLoad) compareShared(k int, found map[int]stored) {
	for id := 1; id <= sharedRows; id++ {
		want := stored{id, fmt.Sprint("t", k), readers(k)[id%3], 0, l.calls[cell{k, id}]}
		if got := found[id]; got != want && !l.unsure[cell{k, id}] {
			l.differ(k, got, want)
		}
		delete(found, id)
	}
}

// differ records a row that differs. A zero value stands for a row that does not exist.
func (l *bouncerLoad) differ(k int, got, want stored) {
	l.differs = append(l.differs, fmt.Sprintf("t%d: got %+v, want %+v", k, got, want))
}

// readers are those who may see the rows of a table: the n-th row those of n modulo 3.
func readers(table int) []string {
	if table%2 == 1 {
		return []string{"anon", "ann", "bob"}
	}
	return []string{"anon", "editor", "editor"}
}
