package gateway

import (
	"math"

	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/nested"
	"trunkline/planner/request"
)

// A nested write is a request whose payload has rows of several relations. It becomes several statements, one for each
// place of the payload, which run in one transaction:
//
//	take the payload apart → plan every statement → execute, learn the keys that others need … → read what was written → commit
//
// Statements that do not need each other's rows are sent together. They cannot be one statement: the policies and triggers
// of one would not see the rows that the others write.

// nestedStep is a statement of a nested write.
type nestedStep struct {
	nested.Step
	exchange *exchange
	answer   session.Answer
	response fasthttp.Response
	// among are the conditions of a delete, whose values are known when it is executed.
	among []*planner.Among
}

// nestedRun is a nested write while it is answered.
type nestedRun struct {
	handler  *Handler
	exchange *exchange
	write    *nested.Write
	steps    []nestedStep
	chain    exec.Chain
	// key are the columns by which the rows of the root are found for the answer, if it has any.
	key []string
	// last is the answer of the statement that reads what was written; reads is set if there is one.
	last  session.Answer
	reads bool
	// learned is how many steps' answers have been looked at, affected how many rows they have changed.
	learned  int
	affected int64
}

// admitNested decides whether a request that may be a nested write is one, before its body is received.
func (x *exchange) admitNested() *apierr.Error {
	n := x.request.Nested
	switch {
	case n == nil: // Fast path
		return nil
	case n.HasColumns && !x.settings.config.URLExtensions && !x.request.Preferences.Nested && x.namesColumns():
		x.request.Flatten() // PostgREST ignores what stands behind the first parenthesis
		return nil
	case x.inBatch:
		return apierr.NotInBatch("A nested write")
	case x.request.Preferences.MultipleObjects:
		return apierr.NotNested("Prefer: params=multiple-objects")
	}
	return nil
}

// namesColumns reports whether columns= names columns of the relation only, as PostgREST understands it.
func (x *exchange) namesColumns() bool {
	if x.snapshot == nil {
		return false
	}
	table := x.snapshot.Table(cache.QualifiedName{Schema: x.request.Schema, Name: x.request.Resource})
	if table == nil {
		return false
	}
	for _, name := range x.request.PlainColumns() {
		if table.Column(name) == nil {
			return false
		}
	}
	return true
}

// answerNested answers a nested write that has been parsed.
func (h *Handler) answerNested(x *exchange) *apierr.Error {
	for _, c := range [...]struct {
		name    string
		present bool
	}{{"If-Match", x.conditional.match.Present}, {"If-None-Match", x.conditional.noneMatch.Present}} {
		if c.present {
			return apierr.ConditionNotPossible(c.name, "a nested write")
		}
	}
	n := &nestedRun{handler: h, exchange: x}
	for {
		err := n.plan()
		if err != nil && h.missing(x, x.request, err) {
			continue
		}
		x.watch.lap(stagePlan)
		if err != nil {
			return err
		}
		x.failedAt = ""
		n.begin()
		failure, answered := h.runChain(x, &n.chain, n.kept())
		x.ran(failure, n.statement)
		switch {
		case answered:
			return nil
		case failure == nil:
			return n.respond()
		}
		at := n.chain.Failed
		if at >= 0 && at < len(n.steps) {
			x.job = n.steps[at].exchange.job
		}
		if at < 0 || !h.moved(x, failure) {
			return n.explain(h.report(x, failure), at)
		}
		x.answer.restoreBuffer()
	}
}

// begin prepares the chain.
func (n *nestedRun) begin() {
	x, c := n.exchange, &n.chain
	c.Role, c.Authenticated = x.identity.Role, !x.identity.Anonymous
	c.Rollback, c.AsLogin = x.rollsBack(), len(x.roleSettings()) > 0
	c.Isolation = x.isolation()
	x.place = x.findPlace()
	for i := range n.steps {
		n.steps[i].exchange.place = x.place
	}
	c.MaxBody, c.Next = math.MaxInt, n.next
	c.Reserve = func(bytes int) *apierr.Error { return x.reserveResponse(answerCopies * bytes) }
	if x.settings.timed {
		c.Waited = &x.waited
	}
}

// stepExchange returns the exchange of a statement, which has everything of the request's but the plan.
func (n *nestedRun) stepExchange(s *nestedStep, plan *planner.Plan) *exchange {
	of := n.exchange
	x := &exchange{
		http: of.http, log: of.log, handler: of.handler, settings: of.settings, snapshot: of.snapshot, identity: of.identity,
		requestID: of.requestID, head: of.head, input: of.input, request: of.request, plan: plan, inBatch: true,
	}
	x.answer.response = &s.response
	return x
}

// plan takes the payload apart and plans all statements. It is to be called again with a newer snapshot.
func (n *nestedRun) plan() *apierr.Error {
	x, cfg := n.exchange, n.exchange.settings.config
	x.inBatch = true
	limits := nested.Limits{Depth: cfg.NestedMaxDepth, Relations: cfg.NestedMaxRelations, Rows: cfg.NestedMaxRows}
	var err *apierr.Error
	if n.write, x.failedAt, err = nested.New(x.request, x.input.Body, x.snapshot, limits, x.reserve); err != nil {
		return err
	}
	if err := n.planAnswer(); err != nil {
		return err
	}
	steps := n.write.Steps()
	n.steps = make([]nestedStep, len(steps))
	for i := range n.steps {
		s := &n.steps[i]
		s.Step = steps[i]
		if err := n.planStep(s); err != nil {
			if s.Place.Kind != nested.Root {
				x.failedAt = s.Place.Path(-1)
			}
			return err
		}
	}
	return nil
}

// planAnswer plans the statement that reads what was written. It is planned even if the answer has no rows, because it
// says how the answer is written.
func (n *nestedRun) planAnswer() (err *apierr.Error) {
	x := n.exchange
	r := *x.request
	r.Payload = &request.Payload{}
	n.reads = r.Preferences.Return == request.ReturnRepresentation
	if n.reads || r.Preferences.Return == request.ReturnHeadersOnly {
		n.key = n.write.NeedKey()
	}
	key := n.key
	if len(key) == 0 {
		if n.reads {
			return apierr.NotNested("Prefer: return=representation of a relation without primary key")
		}
		key = x.anyColumn(n.write)
	}
	if x.plan, err = planner.NewReread(&r, x.snapshot, &x.settings.planner, key); err != nil {
		return err
	}
	if x.plan.Media.Describes() {
		return apierr.NotNested("An execution plan")
	}
	return nil
}

// anyColumn returns a column of the root's relation, for an answer without rows.
func (x *exchange) anyColumn(w *nested.Write) []string {
	for i := range w.Root.Table.Columns {
		return []string{w.Root.Table.Columns[i].Name}
	}
	return nil
}
