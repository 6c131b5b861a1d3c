package gateway

import (
	"trunkline/gateway/exec"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// setNextPage sets the link to the next page (RFC 8288), if there is one and the request has asked for it. The link is
// relative to the URL of the request: it has the same path, whatever that is to the client. What cannot be linked to is
// an error, since clients take an answer without a link for the last page.
func (x *exchange) setNextPage(r *exec.Result) *apierr.Error {
	k := x.plan.Keyset
	if k == nil || len(r.Location) == 0 {
		return nil
	}
	if r.Location[0] == "" {
		return apierr.RowsNotUnique(x.plan.Target.Name)
	}
	a := &x.answer
	a.scratch = append(a.scratch[:0], "<?"...)
	a.scratch = request.AppendNext(a.scratch, x.input.RawQuery, &request.Cursor{Order: k.Order, Values: r.Location})
	a.scratch = append(a.scratch, `>; rel="next"`...)
	if limit := x.settings.config.ServerMaxEchoSize; len(a.scratch) > limit {
		return apierr.LinkTooLong(limit)
	}
	a.set("Link", text(a.scratch))
	return nil
}

// behindCursor reports whether the rows of the answer follow a cursor, so that nobody knows how many there are before.
func (x *exchange) behindCursor() bool { return x.plan.Keyset != nil && x.plan.Keyset.After }
