package pgsql

import (
	"math/bits"

	"trunkline/planner/request"
)

// Limits and offsets are parameters. PostgreSQL does not know them when it makes the plan that it keeps for a prepared
// statement, and assumes a tenth of all rows; the kept plan then looks so much worse than one made for the very values
// that every execution is planned anew, which costs more than reading a page does. A bound that stands in the text
// beneath the parameters tells it enough:
//
//	SELECT * FROM (SELECT … LIMIT 32) pgrst_page LIMIT $1
//
// Bounds are powers of two, so that few texts serve all limits. Beyond the greatest bound planning does not matter.

// maxBound is the greatest bound.
const maxBound = 1 << 20

// boundOf returns the smallest bound of the rows that r reaches into, 0 if it has none.
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

// windowed writes what query writes, with the window of r around it.
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
