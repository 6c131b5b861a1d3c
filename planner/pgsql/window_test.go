package pgsql

import (
	"fmt"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/planner/request"
)

func TestBoundOf(t *testing.T) {
	for _, c := range []struct {
		offset, limit, want int64
	}{
		{0, 0, 1},
		{0, 1, 1},
		{0, 2, 2},
		{0, 3, 4},
		{0, 25, 32},
		{0, 32, 32},
		{1, 32, 64},
		{500, 25, 1024},
		{0, maxBound, maxBound},
		{1, maxBound, 0},
		{maxBound, 0, maxBound},
		{maxBound + 1, 0, 0},
		{math.MaxInt64, math.MaxInt64, 0},
		{0, math.MaxInt64, 0},
		{math.MaxInt64, 1, 0},
		{7, request.NoLimit, 0},
		{0, request.NegativeLimit, 1},
		{-5, 2, 1},
		{math.MinInt64, 2, 0},
	} {
		r := request.Range{Offset: c.offset, Limit: c.limit}
		got := boundOf(r)
		if got != c.want {
			t.Errorf("boundOf(%+v) is %d, want %d", r, got, c.want)
		}
		if got > 0 && r.Limit > 0 && r.Offset+r.Limit > got {
			t.Errorf("the bound %d of %+v cuts off rows", got, r)
		}
	}
}

// TestPlansAreKept runs a page's prepared statement often enough for PostgreSQL to settle for a plan: it must be one
// that it keeps, not one that it makes anew each time.
func TestPlansAreKept(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	grow := `insert into api.actors select i, 'Actor ' || i from generate_series(1000, 20000) i; analyze api.actors`
	if _, err := conn.Exec(t.Context(), grow); err != nil {
		t.Fatal(err)
	}
	for i, url := range []string{
		"/actors?order=id&limit=25",
		"/actors?order=id&limit=25&offset=75",
		"/actors?id=gt.1000&order=id&limit=25",
		"/actors?order=id&limit=10&select=*,roles(*)",
	} {
		s := Main(call{method: "GET", url: url}.plan(t), Options{})
		name := fmt.Sprintf("page%d", i)
		if _, err := conn.PgConn().Prepare(t.Context(), name, s.SQL, nil); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if r := conn.PgConn().ExecPrepared(t.Context(), name, textsOf(s), nil, nil).Read(); r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		if kept := keptPlans(t, conn, name); kept < 10 {
			t.Errorf("%s: of 20 executions only %d have the kept plan", url, kept)
		}
	}
}

func textsOf(s Statement) [][]byte {
	values := make([][]byte, len(s.Params))
	for i := range s.Params {
		values[i] = s.Params[i].Value
	}
	return values
}

func keptPlans(t *testing.T, conn *pgx.Conn, name string) int {
	t.Helper()
	var kept int
	row := conn.QueryRow(t.Context(), "select generic_plans from pg_prepared_statements where name = $1", name)
	if err := row.Scan(&kept); err != nil {
		t.Fatal(err)
	}
	return kept
}
