package gateway

import (
	"net/http"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/tracing"
	"trunkline/planner/apierr"
	"trunkline/planner/batch"
	"trunkline/planner/request"
)

// begin prepares the chain of the operations, all of which have been planned.
func (b *batchRun) begin() {
	x := b.exchange
	c := &b.chain
	b.failed = -1
	c.Role, c.Authenticated = x.identity.Role, !x.identity.Anonymous
	c.Rollback, c.AsLogin = x.rollsBack(), len(x.roleSettings()) > 0
	c.MaxBody, c.Next = x.settings.config.BatchMaxAnswer, b.next
	c.Reserve = func(n int) *apierr.Error { return x.reserveResponse(answerCopies * n) }
	c.ReadOnly = true
	x.place = x.findPlace()
	for i := 0; i < len(b.operations); i += b.operations[i].rows {
		b.operations[i].exchange.place = x.place
		p := b.operations[i].exchange.plan
		c.ReadOnly = c.ReadOnly && p.ReadOnly
		if p.Call != nil {
			c.Isolation = stricter(c.Isolation, p.Call.Routine.Isolation)
		}
	}
	if x.settings.timed {
		c.Waited = &x.waited
	}
}

// statement returns what is told of the statements of the operations.
func (b *batchRun) statement() tracing.Statement {
	return statementOf("", func(yield func(*exec.Job) bool) {
		for _, i := range b.links {
			if !yield(&b.operations[i].exchange.job) {
				return
			}
		}
	})
}

// answerCopies is how often a body is in memory in the answer of a batch: as it is read, and in the array.
const answerCopies = 2

// stricter returns the stricter one of two isolation levels.
func stricter(a, b string) string {
	for _, level := range [...]string{"serializable", "repeatable read", "read committed"} {
		if a == level || b == level {
			return level
		}
	}
	return ""
}

// next returns the operations that can be executed when the first done links have been, whose answers it writes.
func (b *batchRun) next(done int) (flush session.Flush, err *apierr.Error) {
	if done == 0 {
		b.answers, b.links, b.sent, b.failed = batch.NewAnswers(len(b.operations)), b.links[:0], 0, -1
		for i := range b.operations {
			b.operations[i].answered = false
		}
	}
	if err := b.answer(b.sent); err != nil {
		return flush, err
	}
	certain, from := true, b.sent
	for i := from; i < len(b.operations); i += b.operations[i].rows {
		o := &b.operations[i]
		if o.Needs() >= from {
			return flush, nil
		}
		if err := b.resolve(o); err != nil && i > from {
			return flush, nil // unless one before it fails, it will be the first
		} else if err != nil {
			b.failed = i
			return flush, err
		}
		link := b.link(o)
		if o.rows > 1 && !link.Job.Pure {
			return flush, errSeparate
		}
		flush.Links = append(flush.Links, link)
		b.links, b.sent = append(b.links, i), i+o.rows
		certain = certain && o.certain()
	}
	flush.Last = certain || b.chain.ReadOnly
	return flush, nil
}

// resolve plans an operation again whose references can be resolved now.
func (b *batchRun) resolve(o *operation) *apierr.Error {
	if o.Needs() < 0 { // Fast path
		return nil
	}
	body, err := o.ResolveBody(b.answers, b.exchange.settings.config.ServerMaxBodySize)
	if err != nil {
		return err
	}
	if err := b.exchange.reserveBody(batchCopies * len(body)); err != nil {
		return err
	}
	return b.planOne(o, body)
}

// link returns the link of an operation.
func (b *batchRun) link(o *operation) session.Link {
	x := o.exchange
	job := x.render()
	job.Check, job.Stream = nil, false
	if x.plan.Call != nil && len(x.plan.Call.Routine.Settings) > 0 {
		job.Pure = false // its settings must not reach the next operation
	}
	return session.Link{Job: &job.Job, Answer: &o.answer, Constant: x.constant && job.Pure && job.PreRequest.Empty()}
}

// certain reports whether nothing that an operation answers can be a reason to undo it, so that it can be committed
// without having been looked at. A pre-request may set a status or headers that are one.
func (o *operation) certain() bool {
	x := o.exchange
	return x.job.Pure && x.job.PreRequest.Empty() && !x.mayFailCheck() && (x.plan.ReadOnly || x.request.Preferences.Return != request.ReturnRepresentation) &&
		x.plan.Action != request.ActionRead && !x.plan.Action.Calls()
}

// answer writes the answers of the first done operations, unless they have been written. The first one that fails is the
// reason to undo all of them.
func (b *batchRun) answer(done int) *apierr.Error {
	for i := 0; i < done; i += b.operations[i].rows {
		o := &b.operations[i]
		if o.answered {
			continue
		}
		if err := b.respondTo(i); err != nil {
			b.failed = i
			return err
		}
		o.answered = true
	}
	return nil
}

// respondTo writes the answer of an operation that has been executed, and of those that were executed with it.
func (b *batchRun) respondTo(i int) *apierr.Error {
	first := &b.operations[i]
	bodies, err := first.splitRows()
	if err != nil {
		return err
	}
	for n := range first.rows {
		o := &b.operations[i+n]
		switch {
		case n > 0 && bodies == nil: // it is the same answer
			o.head, o.isJSON = first.head, first.isJSON
			continue
		case bodies != nil:
			first.answer.Body = bodies[n]
		}
		if err := first.respond(); err != nil {
			return err
		}
		o.head, o.body = appendHead(nil, &first.response), first.response.Body()
		if first.response.StatusCode() == http.StatusNoContent { // which a function may have set
			o.body = nil
		}
		o.isJSON = bodies != nil || isJSON(&first.response)
		b.answers.Set(i+n, b.referred(i+n))
	}
	return nil
}

// referred returns what references to the body of an answered operation stand for: JSON, as in the answer of the batch. Other
// text would be parsed as a part of the body that refers to it.
func (b *batchRun) referred(i int) []byte {
	o := &b.operations[i]
	if o.isJSON || len(o.body) == 0 || !b.batch.RefersTo(i) {
		return o.body
	}
	quoted, _ := quoteBody(o.body)
	return quoted
}

// respond writes the answer of an operation that has been executed. An answer with an error status is an error.
func (o *operation) respond() *apierr.Error {
	x := o.exchange
	o.resetResponse()
	result := &exec.Result{Answer: o.answer}
	if err := x.check(&o.answer); err != nil {
		return err
	}
	if err := x.write(result); err != nil {
		return err
	}
	for _, name := range [...]string{"Content-Location", "Link"} { // which repeat the query
		if value := o.response.Header.Peek(name); len(value) > 0 {
			o.response.Header.Set(name, o.Restore(string(value)))
		}
	}
	if status := o.response.StatusCode(); x.problem != nil {
		return x.problem
	} else if status >= http.StatusBadRequest {
		return apierr.OperationFailed(status)
	}
	return nil
}

// resetResponse prepares the response of an operation.
func (o *operation) resetResponse() {
	o.response.Reset()
	o.response.Header.DisableNormalizing()
	o.response.Header.SetNoDefaultContentType(true)
}

// count counts the operations by what they name, if there are metrics by name: all that have been executed or, if the batch
// has failed with an error, the one because of which it has.
func (b *batchRun) count(err *apierr.Error) {
	resources := &b.handler.observers.resources
	if err != nil {
		if i := b.exchange.failed - 1; i >= 0 && i < len(b.operations) && b.operations[i].execution != nil {
			resources.count(b.operations[i].exchange, err.Status)
		}
		return
	}
	for i := 0; i < len(b.operations); i += b.operations[i].rows {
		o := &b.operations[i]
		for n := 0; n < o.rows && o.answered; n++ { // an answer that was kept is not executed
			resources.count(o.exchange, o.response.StatusCode())
		}
	}
}
