package gateway

import (
	"net/http"

	"trunkline/gateway/etag"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// A write with a condition is decided in its transaction (RFC 9110, sections 13.1.1 and 13.1.2):
//
//	If-Match on PATCH, PUT       lock · read as GET does → compare → write     in a chain
//	If-Match on DELETE           delete, returning what GET would → compare    before the commit
//	If-None-Match: * on PUT      write → was the row inserted?                 before the commit
//	If-None-Match: * on POST     write → were all rows inserted?               before the commit

// checkConditions refuses a write with a condition that is not possible. Ignoring it would be to write what the client
// does not want written.
func (x *exchange) checkConditions() *apierr.Error {
	c, preferences := &x.conditional, &x.request.Preferences
	action := x.request.Action
	switch {
	case c.match.Present && action == request.ActionInsert:
		return apierr.ConditionNotPossible("If-Match", "POST")
	case c.match.Present && preferences.MultipleObjects:
		return apierr.ConditionNotPossible("If-Match", "Prefer: params=multiple-objects")
	case !c.noneMatch.Present:
		return nil
	case action == request.ActionUpdate || action == request.ActionDelete:
		return apierr.ConditionNotPossible("If-None-Match", x.request.Method)
	case !c.noneMatch.Any:
		return apierr.ConditionNotPossible("If-None-Match with tags", x.request.Method)
	case preferences.Resolution == request.IgnoreDuplicates:
		return apierr.ConditionNotPossible("If-None-Match", preferences.Resolution.String())
	}
	return nil
}

// checkExplained refuses the execution plan of a write with a condition or a key: the write may be executed for it, and
// would be without them.
func (x *exchange) checkExplained() *apierr.Error {
	c := &x.conditional
	if x.plan.ReadOnly || !x.plan.Media.Describes() {
		return nil
	}
	const with = "an execution plan"
	switch {
	case c.match.Present:
		return apierr.ConditionNotPossible("If-Match", with)
	case c.noneMatch.Present:
		return apierr.ConditionNotPossible("If-None-Match", with)
	case x.key != "":
		return apierr.ConditionNotPossible("Idempotency-Key", with)
	}
	return nil
}

// returnsForTag reports whether a DELETE must return the row so that its tag can be compared.
func (x *exchange) returnsForTag() bool {
	c := &x.conditional
	return x.request.Action == request.ActionDelete && c.match.Present && !c.match.Any
}

// decides reports whether what a write answers decides about a condition.
func (x *exchange) decides() bool {
	c := &x.conditional
	return (c.noneMatch.Present || c.match.Present && x.plan.Action == request.ActionDelete) && !x.plan.ReadOnly
}

// checkWrite checks what a write answers before the commit.
func (x *exchange) checkWrite(r *exec.Answer) *apierr.Error {
	if err := x.check(r); err != nil || !x.decides() {
		return err
	}
	c := &x.conditional
	switch x.plan.Action {
	case request.ActionDelete:
		return x.compare(x.plan, r.PageTotal, r)
	case request.ActionUpsert:
		if r.Inserted <= 0 {
			return apierr.RowExists()
		}
	case request.ActionInsert:
		if c.noneMatch.Any && x.request.Preferences.Resolution == request.MergeDuplicates && r.Inserted < r.PageTotal {
			return apierr.RowExists()
		}
	}
	return nil
}

// compare applies If-Match to the rows that a write finds, of which an answer has the representation. p is the plan of
// that. If any row will do, there need not be an answer.
func (x *exchange) compare(p *planner.Plan, rows int64, r *exec.Answer) *apierr.Error {
	c := &x.conditional.match
	switch {
	case rows > 1:
		return apierr.ConditionOnRows()
	case rows == 0, !c.Any && r.HasPageTotal && r.PageTotal != 1:
		return apierr.PreconditionFailed("")
	case c.Any || matchesForm(c, p, r):
		return nil
	}
	return apierr.PreconditionFailed(tagOf(p, r.Body, count{}, r.Location).String())
}

// matchesForm reports whether the condition has the tag of a row, as it was read, or with its total, which is 1. The row
// as an object, or in an array, is the same to a client that writes.
func matchesForm(c *etag.Condition, p *planner.Plan, r *exec.Answer) bool {
	if matchesTotal(c, p, r.Body, r.Location) {
		return true
	}
	other, body := *p, r.Body
	switch {
	case p.Body.Kind == planner.BodyJSON && p.Media.Kind == request.MediaJSON && len(body) >= len("[]"):
		other.Media, body = request.MediaType{Kind: request.MediaObject}, body[1:len(body)-1]
	case p.Body.Kind == planner.BodyObject && !p.Media.NullsStripped:
		other.Media, body = request.MediaType{Kind: request.MediaJSON}, append(append([]byte{'['}, body...), ']')
	default:
		return false
	}
	return matchesTotal(c, &other, body, r.Location)
}

func matchesTotal(c *etag.Condition, p *planner.Plan, body []byte, next []string) bool {
	return c.Allows(tagOf(p, body, count{}, next)) || c.Allows(tagOf(p, body, count{1, true}, next))
}

// explained returns the error of a write. That a row exists is what If-None-Match asks about.
func (x *exchange) explained(err *apierr.Error) *apierr.Error {
	const uniqueViolation = "23505"
	if err == nil || err.Code != uniqueViolation || !x.conditional.noneMatch.Present || x.request.Action != request.ActionInsert {
		return err
	}
	failed := *err
	failed.Status = http.StatusPreconditionFailed
	return &failed
}

// comparison is what a PATCH or PUT with If-Match sends before its write.
type comparison struct {
	lock exec.Job
	// reader reads the row as GET would. It is nil if any row will do.
	reader       *exchange
	locked, read session.Answer
}

// locksFirst reports whether the write is compared with the row before.
func (x *exchange) locksFirst() bool {
	action := x.plan.Action
	return x.conditional.match.Present && (action == request.ActionUpdate || action == request.ActionUpsert)
}

// newComparison plans what is sent before the write, whose job must have been rendered.
func (x *exchange) newComparison() (*comparison, *apierr.Error) {
	c := &comparison{lock: x.job}
	c.lock.Main, c.lock.Check, c.lock.Stream, c.lock.Dst = pgsql.Lock(x.plan.Mutation), nil, false, nil
	if x.conditional.match.Any {
		return c, nil
	}
	y, err := x.newReader()
	if err != nil {
		return nil, err
	}
	c.reader = y
	y.render()
	y.job.Stream = false
	c.lock.Pure = c.lock.Pure && y.job.Pure
	return c, nil
}

// newReader returns the exchange of a GET of what the request writes to.
func (x *exchange) newReader() (*exchange, *apierr.Error) {
	y := &exchange{
		http: x.http, log: x.log, handler: x.handler, settings: x.settings, snapshot: x.snapshot, identity: x.identity,
		requestID: x.requestID, place: x.place, reserve: x.reserve, head: x.head, input: x.input, inChain: true,
	}
	y.answer.response = newResponse()
	in := x.input
	in.Method, in.Range, in.AcceptProfile, in.Body = http.MethodGet, "", x.input.ContentProfile, nil
	var err *apierr.Error
	if y.request, err = request.Parse(&in, &x.settings.request); err != nil {
		return nil, err
	}
	own, of := &y.request.Preferences, &x.request.Preferences
	*own = request.Preferences{
		Timezone: of.Timezone, HasTimezone: of.HasTimezone, Timeout: of.Timeout, Handling: of.Handling,
	}
	y.request.Role = x.request.Role
	return y, y.planRequest()
}

// lockLink is the index of the link that locks the row.
const lockLink = 0

// links returns what is sent before the write.
func (c *comparison) links() []session.Link {
	links := []session.Link{{Job: &c.lock.Job, Answer: &c.locked, Constant: c.lock.Pure}}
	if c.reader != nil {
		links = append(links, session.Link{Job: &c.reader.job.Job, Answer: &c.read, Constant: c.reader.job.Pure})
	}
	return links
}

// holds applies If-Match to what was read for x.
func (c *comparison) holds(x *exchange) *apierr.Error {
	var p *planner.Plan
	if c.reader != nil {
		p = c.reader.plan
	}
	return x.compare(p, c.locked.PageTotal, &c.read)
}
