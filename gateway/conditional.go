package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"trunkline/gateway/config"
	"trunkline/gateway/etag"
	"trunkline/gateway/exec"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// conditional is what a request says about entity tags (RFC 9110, section 13). It is the zero value if the configuration
// has none.
type conditional struct {
	// wanted is set if the answer shall have a tag; tag is that of the answer's representation, if has is set.
	wanted, has bool
	tag         etag.Tag
	// match and noneMatch are the conditions If-Match and If-None-Match.
	match, noneMatch etag.Condition
}

// takeConditions reads the conditions of a parsed request, other than the call of a function that may write, which can
// read them itself. A read with an invalid If-None-Match is answered as if it had none, because it then gets what it asks
// for.
func (x *exchange) takeConditions() *apierr.Error {
	mode := x.settings.config.DBETag
	if mode == config.NoETags { // Fast path
		return nil
	}
	action := x.request.Action
	mutates := action.Mutates()
	if !mutates && action != request.ActionRead && action != request.ActionCallRead {
		return nil
	}
	c := &x.conditional
	var matchOK, noneOK bool
	c.match, matchOK = etag.Parse(x.head.values("if-match"))
	c.noneMatch, noneOK = etag.Parse(x.head.values("if-none-match"))
	c.wanted = mode == config.AllETags || x.request.Preferences.ETag || c.match.Present || c.noneMatch.Present
	switch {
	case x.inBatch && (c.match.Present || c.noneMatch.Present):
		return apierr.NotInBatch("A condition (If-Match, If-None-Match)")
	case !matchOK:
		return apierr.InvalidCondition("If-Match")
	case !noneOK && mutates:
		return apierr.InvalidCondition("If-None-Match")
	case !noneOK:
		c.noneMatch = etag.Condition{}
	}
	if mutates {
		return x.checkConditions()
	}
	return nil
}

// readsTagged reports whether the request is a read whose representation can have a tag.
func (x *exchange) readsTagged() bool {
	return x.conditional.wanted && (x.request.Action == request.ActionRead || x.request.Action == request.ActionCallRead)
}

// planTagged plans a request whose representation is needed for its tag although it is not sent: HEAD, whose tag is that
// of GET, and DELETE.
func (x *exchange) planTagged() (err *apierr.Error) {
	r := *x.request
	r.HeadersOnly = false
	if r.Action == request.ActionDelete {
		r.Preferences.Return = request.ReturnRepresentation
	}
	if x.plan, err = planner.New(&r, x.snapshot, &x.settings.planner); err == nil {
		x.plan.HeadersOnly = x.request.HeadersOnly
	}
	return err
}

// makeTag sets the tag of the representation in a result, if it has one: a stream has none, because its tag is not known
// before its last byte. If the database has set the header, that counts instead.
func (x *exchange) makeTag(r *exec.Result) {
	c := &x.conditional
	c.has = false
	if !c.wanted || r.Stream != nil || x.plan.Media.Describes() || x.answer.overridden("ETag") {
		return
	}
	switch {
	case x.readsTagged():
		total := x.total(r)
		beyond := rangeStatus(x.plan.Range.Offset, x.pageTotal(r, total), total) == http.StatusRequestedRangeNotSatisfiable
		c.has = !beyond && (x.plan.Call == nil || !x.plan.Call.Routine.ReturnsVoid())
		c.tag = tagOf(x.plan, r.Body, total, r.Location)
	case x.request.Action.Mutates() && x.request.Action != request.ActionDelete:
		c.has = x.request.Preferences.Return == request.ReturnRepresentation && r.PageTotal == 1
		c.tag = tagOf(x.plan, r.Body, count{}, nil)
	}
}

// tagOf returns the tag of a body with the rows of a plan. What Content-Range and Link say belongs to what a client is
// told: pages with the same rows have different tags if the total differs, or what follows.
func tagOf(p *planner.Plan, body []byte, total count, next []string) etag.Tag {
	text := ""
	if total.known {
		text = strconv.FormatInt(total.rows, 10)
	}
	return etag.Of(body, p.Media.ContentType(), text, strings.Join(next, "\x00"))
}

// setTag sets ETag, and applies the conditions of a read whose answer would have a status. It reports whether the answer
// is complete: 304 without a body, or 412.
func (x *exchange) setTag(status int) (complete bool) {
	c := &x.conditional
	if !c.wanted || status >= http.StatusMultipleChoices || x.answer.status != 0 || !x.readsTagged() || x.answer.overridden("ETag") {
		return false
	}
	if c.match.Present && !c.match.Any && !(c.has && c.match.Allows(c.tag)) {
		x.refuseRead(apierr.PreconditionFailed(x.currentTag()))
		return true
	}
	if c.has {
		x.answer.setAppended("ETag", c.tag.Append)
	}
	if c.noneMatch.Present && (c.noneMatch.Any || c.has && c.noneMatch.AllowsWeakly(c.tag)) {
		x.answerNotModified()
		return true
	}
	return false
}

// currentTag returns the tag of the answer's representation, or "" if it has none.
func (x *exchange) currentTag() string {
	if !x.conditional.has {
		return ""
	}
	return x.conditional.tag.String()
}

// answerNotModified makes the answer a 304. What describes the body is left out (RFC 9110, section 15.4.5).
func (x *exchange) answerNotModified() {
	x.answer.response.SetStatusCode(http.StatusNotModified)
	h := &x.answer.response.Header
	h.Del("Content-Type")
	h.Del("Content-Range")
	x.answer.restoreBuffer()
}

// refuseRead makes the answer an error although the statement has run.
func (x *exchange) refuseRead(err *apierr.Error) {
	x.problem, x.code = err, err.Code
	for _, name := range [...]string{"Content-Range", "Content-Location", "Preference-Applied"} {
		x.answer.response.Header.Del(name)
	}
	x.answer.restoreBuffer()
	writeError(x.answer.response, err, x.settings.config.ClientErrorMinimal)
}
