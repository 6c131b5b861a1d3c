package gateway

import (
	"trunkline/gateway/exec"
	"trunkline/planner/request"
)

// pageTotal is the number of rows of this answer. It is unknown if they are sent as they come, unless the exact total
// tells it: the rows of a relation are then all that the window leaves of them.
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
