package gateway

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

var (
	adversaryRounds = flag.Int("adversary", 1, "how many times the adversary goes through its traps")
	adversaryOnly   = flag.String("adversary.only", "", "which traps to set: those whose names contain it")
	adversarySeed   = flag.Uint64("adversary.seed", 1, "what the adversary begins with")
)

// adversary has a database whose schema it makes anew with traps: code of users in every place where PostgreSQL may run
// it. What a plan says of the code that runs is compared with what ran.
type adversary struct {
	*rand.Rand
	conn     *pgx.Conn
	dsn      string
	base     string
	hits     *[]string // what ran since it was emptied
	snapshot *cache.Snapshot
	pure     int // pure plans that were executed without an error
}

var errNoPlan = errors.New("no plan")

// trap is a section of traps.sql.
type trap struct {
	name, sql string
	baits     []asked
}

// asked is a request: what request.Parse needs of it.
type asked struct{ method, url, body, prefer, accept string }

func (a asked) String() string {
	return strings.Join([]string{a.method + " " + a.url, a.body, a.prefer, a.accept}, " | ")
}

// TestAdversary fails if code of a user ran for a statement that counted as pure, or if a trap did not work.
func TestAdversary(t *testing.T) {
	t.Parallel()
	a := newAdversary(t)
	traps, step := readTraps(t), 1
	if testing.Short() {
		step = 16
	}
	for round := range *adversaryRounds {
		for i := 0; i < len(traps); i += step {
			a.Rand = rand.New(rand.NewPCG(*adversarySeed+uint64(round), uint64(i)))
			a.attack(t, traps, i)
		}
	}
	t.Logf("%d pure statements", a.pure)
	if a.pure < 5*len(traps)/step {
		t.Errorf("only %d pure statements were executed", a.pure)
	}
}

// TestAdversaryWithoutTraps has requests that must count as pure, and reads with certain properties.
func TestAdversaryWithoutTraps(t *testing.T) {
	a := newAdversary(t)
	a.Rand = rand.New(rand.NewPCG(1, 1))
	a.build(t)
	for _, r := range pureRequests() {
		plan := a.plan(r)
		switch {
		case plan == nil:
			t.Errorf("%s: no plan", r)
		case !plan.Pure:
			t.Errorf("%s: not pure", r)
		default:
			if err := a.execute(t, plan); err != nil {
				t.Errorf("%s: %v", r, err)
			}
		}
	}
}

func newAdversary(t *testing.T) *adversary {
	t.Helper()
	base, err := os.ReadFile("testdata/adversary/base.sql")
	if err != nil {
		t.Fatal(err)
	}
	a := &adversary{dsn: pgtest.Database(t), base: string(base), hits: new([]string)}
	config, err := pgx.ParseConfig(a.dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if hit, ok := strings.CutPrefix(n.Message, "hit "); ok {
			*a.hits = append(*a.hits, hit)
		}
	}
	if a.conn, err = pgx.ConnectConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.conn.Close(context.Background()) })
	a.exec(t, `DO $$ BEGIN CREATE ROLE watched; EXCEPTION WHEN duplicate_object OR unique_violation THEN END $$;
		CREATE SCHEMA ext; GRANT USAGE ON SCHEMA ext TO PUBLIC; CREATE EXTENSION citext SCHEMA ext;
		CREATE EXTENSION tablefunc SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION pg_trgm SCHEMA ext;
		SET jit = off`)
	return a
}

func (a *adversary) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := a.conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%.400s: %v", sql, err)
	}
}

// build makes the schema anew with traps and reads it.
func (a *adversary) build(t *testing.T, traps ...trap) {
	t.Helper()
	sql := a.base
	for i := range traps {
		sql += traps[i].sql
	}
	a.exec(t, sql+`;GRANT ALL ON ALL TABLES IN SCHEMA api, priv TO watched; GRANT ALL ON ALL SEQUENCES IN SCHEMA api TO watched;
		SET search_path = api, ext`)
	catalog, err := cache.Load(t.Context(), a.conn, cache.Options{Schemas: []string{"api"}, ExtraSearchPath: []string{"ext"}})
	if err != nil {
		t.Fatal(err)
	}
	a.snapshot = cache.Build(catalog)
}

// attack builds a schema with one trap for sure, and asks for its baits and for random things.
func (a *adversary) attack(t *testing.T, traps []trap, first int) {
	t.Helper()
	chosen := []trap{traps[first]}
	a.build(t, chosen...)
	for _, bait := range traps[first].baits {
		if err := a.ask(t, bait, chosen); len(*a.hits) == 0 {
			t.Errorf("trap %q: nothing ran for %s: %v", traps[first].name, bait, err)
		}
	}
	for range 15 {
		_ = a.ask(t, a.request(), chosen)
	}
}

// ask plans and executes a request, and compares.
func (a *adversary) ask(t *testing.T, r asked, traps []trap) error {
	t.Helper()
	*a.hits = nil
	plan := a.plan(r)
	if plan == nil {
		return errNoPlan
	}
	err := a.execute(t, plan)
	if plan.Pure && len(*a.hits) > 0 {
		t.Errorf("trap %q: %s counts as pure, but ran %s\n%s", traps[0].name, r, slices.Compact(*a.hits), pgsql.Main(plan, pgsql.Options{NothingSet: plan.Pure}).SQL)
	}
	if plan.Pure && err == nil {
		a.pure++
	}
	return err
}

// plan returns nil if the request is an error.
func (a *adversary) plan(r asked) *planner.Plan {
	path, query, _ := strings.Cut(r.url, "?")
	in := &request.Input{Method: r.method, Path: path, RawQuery: query, Body: []byte(r.body)}
	if r.prefer != "" {
		in.Prefer = []string{r.prefer}
	}
	if r.accept != "" {
		in.Accept = request.Header{Value: r.accept, Present: true}
	}
	req, err := request.Parse(in, &request.Options{Schemas: []string{"api"}})
	if err == nil {
		err = req.ParseBody(in.Body, nil)
	}
	if err != nil {
		return nil
	}
	plan, err := planner.New(req, a.snapshot, &planner.Options{MaxRows: request.NoLimit, Aggregates: true})
	if err != nil {
		return nil
	}
	return plan
}

// execute runs a plan's statements as a role without privileges of its own in a transaction that leaves nothing.
func (a *adversary) execute(t *testing.T, plan *planner.Plan) error {
	t.Helper()
	a.exec(t, fmt.Sprintf(`BEGIN; SET LOCAL role = watched; SET LOCAL plan_cache_mode = %s; SET LOCAL enable_seqscan = %t`,
		pick(a.Rand, "auto", "force_generic_plan"), a.IntN(2) == 0))
	defer a.exec(t, "ROLLBACK")
	if explain := pgsql.Explain(plan); !explain.Empty() {
		if _, err := a.run(t, explain); err != nil {
			return err
		}
	}
	if _, err := a.run(t, pgsql.Main(plan, pgsql.Options{NothingSet: plan.Pure})); err != nil {
		return err
	}
	a.exec(t, "SET CONSTRAINTS ALL IMMEDIATE")
	return nil
}

// run returns the rows of a statement as text.
func (a *adversary) run(t *testing.T, s pgsql.Statement) (string, error) {
	t.Helper()
	params := make([][]byte, len(s.Params))
	for i := range s.Params {
		params[i] = s.Params[i].Value
	}
	result := a.conn.PgConn().ExecParams(t.Context(), s.SQL, params, nil, nil, nil).Read()
	return fmt.Sprintf("%q", result.Rows), result.Err
}

func readTraps(t *testing.T) []trap {
	t.Helper()
	text, err := os.ReadFile("testdata/adversary/traps.sql")
	if err != nil {
		t.Fatal(err)
	}
	var traps []trap
	for _, section := range strings.Split(string(text), "\n-- trap: ")[1:] {
		name, sql, _ := strings.Cut(section, "\n")
		next := trap{name: name, sql: sql}
		for line := range strings.Lines(sql) {
			if bait, ok := strings.CutPrefix(line, "-- bait: "); ok {
				next.baits = append(next.baits, readBait(bait))
			}
		}
		if strings.Contains(name, *adversaryOnly) {
			traps = append(traps, next)
		}
	}
	return traps
}

func readBait(line string) asked {
	fields := append(strings.Split(line, "|"), "", "")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	method, url, _ := strings.Cut(fields[0], " ")
	return asked{method: method, url: url, body: fields[1], prefer: fields[2]}
}
