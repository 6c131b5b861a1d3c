package gateway

import (
	"trunkline/gateway/exec"
	"trunkline/planner/request"
)

// pageTotal returns the number of rows of this answer. It is unknown if rows are sent as they arrive, unless it follows
// from the exact total: the rows of a relation are then those that the window selects.
func (x *exchange) pageTotal(r *exec.Result, total count) count {
	switch {
	case !x.plan.Uncounted:
		return count{r.PageTotal, true}
	case x.plan.Count != request.CountExact || !total.known:
		return count{}
	}
	rows := max(total.rows-x.plan.Range.Offset, 0)
	if limit := x.plan.Read.Range.Limit; limit != request.NoLimit {
		rows = min(rows, limit)
	}
	return count{rows, true}
}
