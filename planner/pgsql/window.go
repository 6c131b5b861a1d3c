package pgsql

import (
	"math/bits"

	"trunkline/planner/request"
)

// Limits and offsets are parameters. When PostgreSQL creates the generic plan of a prepared statement, it does not know
// them and assumes a tenth of all rows. That plan then seems so much worse than a custom plan that every execution is
// planned again, which costs more than reading a page. A constant bound beneath the parameters avoids this:
//
//	SELECT * FROM (SELECT … LIMIT 32) pgrst_page LIMIT $1
//
// Bounds are powers of two, so that few statements cover all limits. Above the largest bound, the time for planning is
// irrelevant.

// maxBound is the largest bound.
const maxBound = 1 << 20

// boundOf returns the smallest bound that covers the rows of r, or 0 if there is none.
func boundOf(r request.Range) int64 {
	switch {
	case r.Limit == request.NoLimit || r.Offset > maxBound || r.Limit > maxBound-r.Offset:
		return 0
	case r.Offset+r.Limit <= 1:
		return 1
	default:
		return 1 << bits.Len64(uint64(r.Offset+r.Limit-1)) // it is greater than 0
	}
}

// windowed writes the query written by query, limited to the window r.
func (w *writer) windowed(r request.Range, query func()) {
	bound := boundOf(r)
	if bound == 0 {
		query()
	} else {
		w.text("SELECT * FROM (")
		query()
		w.text(" LIMIT ")
		w.int(bound)
		w.text(") pgrst_page")
	}
	if r.Limit != request.NoLimit {
		w.text(" LIMIT ")
		w.integer(r.Limit)
	}
	if r.Offset != 0 {
		w.text(" OFFSET ")
		w.integer(r.Offset)
	}
}
