package gateway

import (
	"trunkline/gateway/exec"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// setNextPage sets the link to the next page (RFC 8288), if there is one and the request has asked for it. The link is
// relative to the URL of the request: it has the same path, whatever that is to the client. What cannot be linked to is
// an error, since clients take an answer without a link for the last page.
//
// If the query is too long because part of it came in the body, the link is the URL's part with the cursor, and says
// that it is to be used as this request was, with the same body.
func (x *exchange) setNextPage(r *exec.Result) *apierr.Error {
	k := x.plan.Keyset
	if k == nil || len(r.Location) == 0 {
		return nil
	}
	if r.Location[0] == "" {
		return apierr.RowsNotUnique(x.plan.Target.Name)
	}
	cursor := &request.Cursor{Order: k.Order, Values: r.Location}
	if x.setLink(x.input.RawQuery, cursor, `>; rel="next"`) ||
		x.input.InBody && x.setLink(x.input.URLQuery, cursor, `>; rel="next"; method="QUERY"`) {
		return nil
	}
	return apierr.LinkTooLong(x.settings.config.ServerMaxEchoSize)
}

// setLink sets the link to the page of a query behind a cursor, unless it is too long. end is what follows the query.
func (x *exchange) setLink(query string, c *request.Cursor, end string) bool {
	a, limit := &x.answer, x.settings.config.ServerMaxEchoSize
	if len(query)/3 > limit { // too long even if all of it is encoded
		return false
	}
	a.scratch = append(request.AppendNext(append(a.scratch[:0], "<?"...), query, c), end...)
	if len(a.scratch) > limit {
		return false
	}
	a.set("Link", text(a.scratch))
	return true
}

// behindCursor reports whether the rows of the answer follow a cursor, so that nobody knows how many there are before.
func (x *exchange) behindCursor() bool { return x.plan.Keyset != nil && x.plan.Keyset.After }
