package pgsql

import (
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner"
	"trunkline/planner/request"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const fixtureFile = "testdata/fixture.sql"

// fixture is the snapshot of the fixture's schema, loaded by the first test that needs it.
var fixture struct {
	once     sync.Once
	snapshot *cache.Snapshot
	err      error
}

func snapshot(t testing.TB) *cache.Snapshot {
	t.Helper()
	fixture.once.Do(func() {
		conn, err := pgx.Connect(t.Context(), pgtest.Database(t, fixtureFile))
		if err != nil {
			fixture.err = err
			return
		}
		defer conn.Close(context.Background())
		catalog, err := cache.Load(t.Context(), conn, cache.Options{Schemas: []string{"api"}})
		if err != nil {
			fixture.err = err
			return
		}
		fixture.snapshot = cache.Build(catalog)
	})
	if fixture.err != nil {
		t.Fatalf("fixture: %v", fixture.err)
	}
	return fixture.snapshot
}

// call is a request as tests write it.
type call struct {
	method, url string
	headers     map[string][]string
	body        string
	maxRows     int64 // 0 for none
	extended    bool  // with url-extensions
}

// parse parses a request. Its error, or the planner's, fails the test.
func (c call) parse(t testing.TB) *request.Request {
	t.Helper()
	path, query, _ := strings.Cut(c.url, "?")
	in := &request.Input{
		Method: c.method, Path: path, RawQuery: query, Body: []byte(c.body), Prefer: c.headers["Prefer"],
		ContentType: c.header("Content-Type"), Range: c.header("Range"),
	}
	if accept := c.header("Accept"); accept != "" {
		in.Accept = request.Header{Value: accept, Present: true}
	}
	req, err := request.Parse(in, &request.Options{Schemas: []string{"api"}, AllowTxOverride: true, Extensions: c.extended})
	if err == nil {
		err = req.ParseBody(in.Body, nil)
	}
	if err != nil {
		t.Fatalf("%s %s: %v (details %v)", c.method, c.url, err, err.Details)
	}
	return req
}

func (c call) header(name string) string {
	if values := c.headers[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// plan plans a request over the fixture.
func (c call) plan(t testing.TB) *planner.Plan {
	t.Helper()
	o := &planner.Options{MaxRows: request.NoLimit, Aggregates: true, Plans: true, LegacyTargetNames: true, Extensions: c.extended}
	if c.maxRows > 0 {
		o.MaxRows = c.maxRows
	}
	plan, err := planner.New(c.parse(t), snapshot(t), o)
	if err != nil {
		t.Fatalf("%s %s: %v (details %v, hint %v)", c.method, c.url, err, err.Details, err.Hint)
	}
	requireUses(t, plan)
	return plan
}

var tableName = regexp.MustCompile(`"([^"]+)"\."([^"]+)"`)

// requireUses has a plan that counts as pure say of all relations that its statement names that it uses them.
func requireUses(t testing.TB, plan *planner.Plan) {
	t.Helper()
	if !plan.Pure || Relations(plan) > manyRelations { // which is refused
		return
	}
	uses := make(map[*cache.Table]cache.Access)
	for _, use := range plan.Uses.Relations {
		uses[use.Table] |= use.Access
	}
	sql := Main(plan, Options{}).SQL
	for _, name := range tableName.FindAllStringSubmatch(sql, -1) {
		if table := snapshot(t).Table(cache.QualifiedName{Schema: name[1], Name: name[2]}); table != nil && uses[table] == 0 {
			t.Errorf("%v is used by %s", table.Name, sql)
		}
	}
	written := map[request.Action]cache.Access{
		request.ActionInsert: cache.Inserts, request.ActionUpsert: cache.Inserts | cache.Changes,
		request.ActionUpdate: cache.Changes, request.ActionDelete: cache.Changes,
	}[plan.Action]
	if uses[plan.Table]&written != written {
		t.Errorf("action %d uses %v for %b", plan.Action, plan.Table.Name, uses[plan.Table])
	}
}
