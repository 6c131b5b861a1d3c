package exec

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"trunkline/planner/pgsql"
)

func TestResult(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := read(sqlOf(`select current_user, 12345678901, 3, '[{"X-A":"b"}]', '299', array['id=eq.1', 'a "b"=eq.\,{}', ''], 2, 'body'`))
	job.Explain = sqlOf("explain (format json) select * from generate_series(1, $1::int)", "50")
	r, err := p.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "total", r.Total, int64(12345678901))
	equal(t, "has total", r.HasTotal, true)
	equal(t, "page total", r.PageTotal, int64(3))
	equal(t, "headers", string(r.ResponseHeaders), `[{"X-A":"b"}]`)
	equal(t, "status", string(r.ResponseStatus), "299")
	equal(t, "location", fmt.Sprintf("%q", r.Location), `["id=eq.1" "a \"b\"=eq.\\,{}" ""]`)
	equal(t, "inserted", r.Inserted, int64(2))
	equal(t, "has inserted", r.HasInserted, true)
	equal(t, "body", string(r.Body), "body")
	equal(t, "has estimate", r.HasPlanned, true)
	equal(t, "estimate", r.Planned, int64(50))
	r.Release()

	// Nothing of it is in the next result.
	for _, sql := range []string{"select current_user, null, 0, null, null, null, null, null", "select null, null, 0, null, null, null, null, ''"} {
		r, err = p.Run(t.Context(), read(sqlOf(sql)))
		if err != nil {
			t.Fatal(err)
		}
		if r.HasTotal || r.Total != 0 || r.PageTotal != 0 || r.ResponseHeaders != nil || r.ResponseStatus != nil ||
			r.Location != nil || r.HasInserted || r.HasPlanned || len(r.Body) != 0 {
			t.Errorf("%s: %+v", sql, r)
		}
		r.Release()
	}
}

func TestBodyIsAppended(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	dst := append(make([]byte, 0, 64), "before "...)
	job := names("1")
	job.Dst = dst
	r, err := p.Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "body", string(r.Body), "before item 1")
	equal(t, "in place", &r.Body[0], &dst[0])
	r.Release()

	// Longer than the connection's buffers.
	job = read(mainOf("repeat('x', 3000000)", "(values (1)) v"))
	job.Dst = dst
	equal(t, "body", mustRun(t, p, job), "before "+strings.Repeat("x", 3_000_000))

	// The second try of a job begins where the first one did.
	job = insert()
	job.PreRequest, job.Dst = sqlOf("select leave_nothing_prepared()"), dst
	equal(t, "body", mustRun(t, p, job), "before done")
}

func TestLines(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := read(sqlOf("explain (costs off) select * from item where id = $1", "1"))
	job.Lines = true
	equal(t, "plan", mustRun(t, p, job), "Index Scan using item_pkey on item\n  Index Cond: (id = 1)\n")
	job.Main = sqlOf("explain (costs off) select '" + strings.Repeat("y", 100_000) + "'")
	equal(t, "a statement too long to be prepared", mustRun(t, p, job), "Result\n")
}

func TestBinaryParameters(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := read(mainOf("encode($1::bytea, 'hex') || $2 || coalesce($3::text, ' null')", "(values (1)) v"))
	job.Main.Params = []pgsql.Param{{Value: []byte{0, 1, 255}, Binary: true}, {Value: []byte(" text")}, {}}
	equal(t, "body", mustRun(t, p, job), "0001ff text null")
	job.Main.BinaryBody = true
	equal(t, "binary body", mustRun(t, p, job), "0001ff text null")
	job = read(mainOf(`'\x0001ff'::bytea`, "(values (1)) v"))
	equal(t, "text body", mustRun(t, p, job), `\x0001ff`)
	job.Main.BinaryBody = true
	equal(t, "binary body", mustRun(t, p, job), "\x00\x01\xff")
}

// A run of a prepared job allocates nothing except for a context that can end.
func TestAllocations(t *testing.T) {
	p := newPool(t, newDatabase(t).config)
	job := names("1")
	job.Dst = make([]byte, 0, 100)
	run := func(ctx context.Context) func() {
		return func() {
			r, err := p.Run(ctx, job)
			if err != nil {
				t.Fatal(err)
			}
			r.Release()
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no emptied pools
	equal(t, "allocations", testing.AllocsPerRun(100, run(context.Background())), 0.0)
	if n := testing.AllocsPerRun(100, run(t.Context())); n > 2 {
		t.Errorf("allocations with a context that can end: %v", n)
	}
}
