package gateway

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/openapi"
	"trunkline/planner/apierr"
	"trunkline/planner/batch"
	"trunkline/planner/request"
)

// A batch is a request to the root whose body consists of requests, the operations. Each passes the stages of a request
// in an exchange of its own, and all are executed in one transaction:
//
//	parse the batch → parse and plan every operation → execute, resolve references, respond … → commit → respond
//
// Nothing is executed unless every operation can be planned. An operation with references is parsed and planned again
// when the answers that it refers to are known.

// operation is a request of a batch.
type operation struct {
	*batch.Operation
	// rows is how many operations, from this one on, are executed as one: several if each inserts a row. It is 0 for the
	// others of these, which have nothing of their own but an answer.
	rows int
	*execution
	// answered is set when the answer has been written: head has its status and headers as members of an object, body is
	// JSON if isJSON is set.
	answered   bool
	head, body []byte
	isJSON     bool
}

// execution is what an operation needs that is executed.
type execution struct {
	exchange *exchange
	response fasthttp.Response
	answer   session.Answer
}

// batchRun is a batch while it is answered.
type batchRun struct {
	handler    *Handler
	exchange   *exchange
	batch      *batch.Batch
	operations []operation
	answers    *batch.Answers
	chain      exec.Chain
	// isolation is the level that the client has asked for, as its preference names it, or "".
	isolation string
	// links are the operations of the links of the chain, by their indexes, and sent is the number of operations in them.
	links []int
	sent  int
	// failed is the index of the operation because of which the batch fails, or -1.
	failed int
	// single is set if each operation is executed by itself.
	single bool
}

// isBatch reports whether the request is a batch.
func (x *exchange) isBatch() bool {
	if x.kind != rootPath || x.input.Method != http.MethodPost || x.settings.config.BatchMaxOperations == 0 {
		return false
	}
	name, _, _ := strings.Cut(x.input.ContentType, ";")
	return strings.EqualFold(strings.TrimSpace(name), openapi.BatchType)
}

// answerBatch answers a batch. An error has the operation that failed in the exchange.
func (h *Handler) answerBatch(x *exchange) *apierr.Error {
	b := &batchRun{handler: h, exchange: x}
	err := b.run()
	b.count(err)
	return err
}

// run parses, plans and executes the batch, and writes its answer.
func (b *batchRun) run() *apierr.Error {
	h, x := b.handler, b.exchange
	if err := b.parse(); err != nil {
		return err
	}
	if err := b.takeKey(); err != nil {
		return err
	}
	x.watch.lap(stageParse)
	for {
		again, err := b.plan()
		if again {
			continue
		}
		x.watch.lap(stagePlan)
		if err != nil {
			return err
		}
		b.begin()
		failure, answered := h.runChain(x, &b.chain, b.kept())
		x.ran(failure, b.statement)
		switch {
		case failure != nil:
			failure = b.firstFailure(failure)
		case !answered:
			err = b.respond()
		}
		b.findFailed()
		switch {
		case failure == nil:
			return err
		case b.failedTogether(failure):
			b.single = true
		case x.failed == 0 || !h.moved(x, failure):
			return undone(h.report(x, failure))
		}
		x.answer.restoreBuffer()
	}
}

// undone returns the error of a batch whose operations were undone. The response has the status of an error, even if a
// function has raised an error with another one: clients would take the batch for carried out.
func undone(err *apierr.Error) *apierr.Error {
	if err.Status >= http.StatusBadRequest {
		return err
	}
	failure := *err
	failure.Status, failure.StatusText = http.StatusInternalServerError, ""
	return &failure
}

// parse receives the body, and parses the batch and its preferences.
func (b *batchRun) parse() *apierr.Error {
	x := b.exchange
	if x.client != nil && x.client.BodyPending() {
		if err := x.receive(math.MaxInt); err != nil {
			return err
		}
	}
	if err := x.reserveBody(batchCopies * len(x.input.Body)); err != nil {
		return err
	}
	most := x.settings.config.BatchMaxOperations
	parsed, at, err := batch.Parse(x.input.Body, most, fmt.Sprintf("ref%016x", rand.Uint64()))
	if err != nil {
		x.failed = at + 1
		return err
	}
	b.batch, b.operations = parsed, make([]operation, len(parsed.Operations))
	if err := b.handler.checkRates(x, len(b.operations)-1); err != nil {
		return err
	}
	return b.takePreferences()
}

// batchCopies is how often the body of a batch is in memory besides itself, at most: decoded, and with the values of
// references.
const batchCopies = 2

// takePreferences sets the preferences of the transaction.
func (b *batchRun) takePreferences() *apierr.Error {
	x := b.exchange
	isolation, others := cutIsolation(x.input.Prefer)
	p := request.ParsePreferences(others, true)
	if p.Transaction == request.TxCommit && !x.settings.config.DBTxAllowOverride {
		p.Transaction = request.TxDefault
	}
	level, known := isolationLevels()[isolation]
	if !known {
		p.Invalid = append(p.Invalid, "isolation="+isolation)
	}
	if p.Handling == request.HandlingStrict && len(p.Invalid) > 0 {
		return apierr.InvalidPreferences(p.Invalid)
	}
	x.request = &request.Request{Method: x.input.Method, Preferences: request.Preferences{ // others are those of operations
		Transaction: p.Transaction, Handling: p.Handling, Timezone: p.Timezone, HasTimezone: p.HasTimezone, Timeout: p.Timeout,
		Timings: p.Timings,
	}}
	if err := x.checkTimeout(); err != nil {
		return err
	}
	if known {
		b.isolation = isolation
	}
	if level == "" {
		level = x.settings.config.Roles.Isolation[x.identity.Role]
	}
	b.chain.Isolation = level
	return nil
}

// isolationLevels returns the levels by their names in the preference; "" is the default.
func isolationLevels() map[string]string {
	return map[string]string{
		"": "", "serializable": "serializable", "repeatable-read": "repeatable read", "read-committed": "read committed",
	}
}

// cutIsolation returns the value of the preference isolation, and the Prefer headers without it.
func cutIsolation(headers []string) (value string, others []string) {
	for _, header := range headers {
		var kept []string
		for text := range strings.SplitSeq(header, ",") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(text), "isolation="); ok {
				if value == "" {
					value = v
				}
			} else {
				kept = append(kept, text)
			}
		}
		others = append(others, strings.Join(kept, ","))
	}
	return value, others
}

// plan makes the exchanges of all operations and plans them on the snapshot of the request. It is to be called again if
// a newer snapshot has what one of them misses.
func (b *batchRun) plan() (again bool, err *apierr.Error) {
	b.answers = nil // those of an earlier try
	for i := range b.operations {
		b.operations[i] = operation{Operation: &b.batch.Operations[i]}
	}
	apart := 0 // before it, no others are planned together
	for i := 0; i < len(b.operations); i += b.operations[i].rows {
		o := &b.operations[i]
		if i >= apart && !b.single {
			n := b.batch.Alike(i)
			if n > 1 && b.planTogether(i, n) {
				continue
			}
			apart = i + n
		}
		o.rows = 1
		if err := b.planOne(o, o.Body); err != nil {
			if r := o.exchange.request; r != nil && b.handler.missing(b.exchange, r, err) {
				return true, nil
			}
			b.exchange.failed = i + 1
			return false, err
		}
	}
	b.exchange.failed = 0
	return false, nil
}

// planOne parses and plans an operation with a body.
func (b *batchRun) planOne(o *operation, body []byte) *apierr.Error {
	x, err := b.newExchange(o, body)
	if err != nil {
		return err
	}
	if err := x.parse(); err != nil {
		return b.batch.Explain(o.Operation, err)
	}
	if err := b.batch.CheckPlaces(o.Operation, &x.request.Query); err != nil {
		return err
	}
	if b.answers != nil {
		if err := b.batch.ResolveQuery(o.Operation, &x.request.Query, b.answers); err != nil {
			return err
		}
	}
	if err := b.inherit(x); err != nil {
		return err
	}
	if err := x.planRequest(); err != nil {
		return err
	}
	if x.plan.Allow != "" || x.plan.Action == request.ActionRoot {
		return apierr.NotInBatch(x.input.Method + " " + x.input.Path)
	}
	return nil
}

// inherit gives an operation the preferences of the batch's transaction. It must not have its own.
func (b *batchRun) inherit(x *exchange) *apierr.Error {
	own, of := &x.request.Preferences, &b.exchange.request.Preferences
	if own.Transaction != request.TxDefault || own.HasTimezone || own.Timeout != 0 {
		return apierr.NotInBatch("Prefer: tx, timezone or timeout of one operation")
	}
	own.Timezone, own.HasTimezone = of.Timezone, of.HasTimezone
	x.batchTimeout = b.exchange.askedTimeout()
	return nil
}

// newExchange returns the exchange of an operation: what the client has sent with the batch, apart from what describes
// its body, holds for each operation that does not say otherwise.
func (b *batchRun) newExchange(o *operation, body []byte) (*exchange, *apierr.Error) {
	of := b.exchange
	x := &exchange{
		http: of.http, log: of.log, handler: of.handler, settings: of.settings, snapshot: of.snapshot, identity: of.identity,
		requestID: of.requestID, place: of.place, reserve: of.reserve, inBatch: true,
	}
	o.execution = &execution{exchange: x}
	x.watch.start()
	x.answer.response = &o.response
	o.resetResponse()
	c := of.settings.config
	raw, err := b.headersOf(o)
	switch {
	case err != nil:
		return x, err
	case len(raw) > c.ServerMaxHeaderSize:
		return x, apierr.HeadersTooLarge(c.ServerMaxHeaderSize)
	case len(o.Path) > c.ServerMaxRequestLine:
		return x, apierr.URITooLong(c.ServerMaxRequestLine)
	}
	x.readHead([]byte(o.Method), []byte(o.Path), raw)
	x.input.Body = body
	return x, nil
}

// headersOf returns the header section of an operation.
func (b *batchRun) headersOf(o *operation) (raw []byte, err *apierr.Error) {
	for _, h := range o.Headers {
		if !validHeader(h.Name, h.Value) || ofBatch(strings.ToLower(h.Name)) {
			return nil, apierr.NotInBatch("The header " + h.Name)
		}
		raw = fmt.Appendf(raw, "%s: %s\r\n", h.Name, h.Value)
	}
	for _, f := range b.exchange.head.fields {
		if !describesRequest(f.name) && !o.has(f.name) {
			raw = fmt.Appendf(raw, "%s: %s\r\n", f.name, f.value)
		}
	}
	return raw, nil
}

// ofBatch reports whether a header can only be that of the whole batch.
func ofBatch(name string) bool {
	switch name {
	case "authorization", "cookie", "connection", "host", "content-length", "transfer-encoding", "expect", "origin",
		"x-http-method-override":
		return true
	}
	return false
}

// describesRequest reports whether a header of the batch does not hold for its operations.
func describesRequest(name string) bool {
	switch name {
	case "accept", "accept-profile", "content-profile", "content-type", "content-length", "content-encoding", "prefer", "range",
		"range-unit", "x-http-method-override", "transfer-encoding", "expect":
		return true
	}
	return false
}

// has reports whether the operation has a header, whose name is in lower case.
func (o *operation) has(name string) bool {
	for _, h := range o.Headers {
		if strings.EqualFold(h.Name, name) {
			return true
		}
	}
	return false
}
