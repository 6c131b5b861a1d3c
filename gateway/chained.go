package gateway

import (
	"errors"
	"math"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// chained is a request that takes several jobs in one transaction: what is compared before its write, if there is
// something, and its write. A keeper adds those for its key.
type chained struct {
	exchange   *exchange
	comparison *comparison // or nil
	written    session.Answer
	chain      exec.Chain
	// compared and sent are set when the comparison and the write have been sent.
	compared, sent bool
}

// isChained reports whether the planned request takes several jobs in one transaction.
func (x *exchange) isChained() bool { return x.locksFirst() || x.isKept() }

// answerChained answers a request that takes several jobs. It reports whether the request must be planned again.
func (h *Handler) answerChained(x *exchange) (again bool, err *apierr.Error) {
	x.inChain = true
	c, err := x.chained()
	x.watch.lap(stagePlan)
	if err != nil {
		return false, err
	}
	if !x.isKept() {
		x.key = ""
	}
	failure, answered := h.runChain(x, &c.chain, kept{first: func() *session.Job { return &x.job.Job }, respond: c.respond})
	x.ran(failure, x.statement)
	switch {
	case answered:
		return false, nil
	case failure == nil:
		return false, c.respond()
	case h.moved(x, failure):
		x.answer.restoreBuffer()
		return true, nil
	}
	return false, x.explained(h.report(x, c.explain(failure)))
}

// explain says what is wrong if the rows cannot be locked, which are those of a view with triggers.
func (c *chained) explain(failure error) error {
	const notSupported = "0A000"
	var refusal *apierr.Error
	if c.comparison != nil && c.chain.Failed == lockLink && errors.As(failure, &refusal) && refusal.Code == notSupported {
		return apierr.RowsNotLockable(refusal)
	}
	return failure
}

// chained plans and renders the jobs of a request.
func (x *exchange) chained() (*chained, *apierr.Error) {
	c := &chained{exchange: x}
	job := x.render()
	job.Check, job.Stream = nil, false
	if x.locksFirst() {
		var err *apierr.Error
		if c.comparison, err = x.newComparison(); err != nil {
			return nil, err
		}
	}
	c.chain.Chain = session.Chain{
		Isolation: job.Isolation, Rollback: job.Rollback, Role: job.Role, AsLogin: job.AsLogin, MaxBody: math.MaxInt,
		Next: c.next, Reserve: x.reserveResponse, // nothing of it is streamed
	}
	c.chain.Authenticated, c.chain.Waited = job.Authenticated, job.Waited
	return c, nil
}

// next returns the jobs that run next, see [session.Chain].
func (c *chained) next(done int) (session.Flush, *apierr.Error) {
	x := c.exchange
	if done == 0 {
		c.compared, c.sent = c.comparison == nil, false
	}
	switch {
	case !c.compared:
		c.compared = true
		return session.Flush{Links: c.comparison.links()}, nil
	case !c.sent:
		if c.comparison != nil {
			if err := c.comparison.holds(x); err != nil {
				return session.Flush{}, err
			}
		}
		c.sent = true
		write := session.Link{Job: &x.job.Job, Answer: &c.written, Constant: x.job.Pure}
		return session.Flush{Links: []session.Link{write}, Last: x.answersNothing() && !x.mayFailCheck() && !x.decides()}, nil
	}
	return session.Flush{}, x.checkWrite(&c.written)
}

// answersNothing reports whether the write has no body, for which there may be no memory.
func (x *exchange) answersNothing() bool {
	return !x.plan.Action.Calls() && x.request.Preferences.Return != request.ReturnRepresentation
}

// respond writes the answer of the request, whose jobs have run.
func (c *chained) respond() *apierr.Error {
	return c.exchange.write(&exec.Result{Answer: c.written})
}

// newResponse returns the response of a request that is part of another one.
func newResponse() *fasthttp.Response {
	r := new(fasthttp.Response)
	r.Header.DisableNormalizing()
	r.Header.SetNoDefaultContentType(true)
	return r
}
