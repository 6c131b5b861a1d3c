package gateway

import (
	"encoding/json"
	"slices"

	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/gateway/tracing"
	"trunkline/planner/apierr"
	"trunkline/planner/nested"
	"trunkline/planner/request"
)

// next returns the steps that can be executed when the first done ones have been, whose answers it looks at.
func (n *nestedRun) next(done int) (flush session.Flush, err *apierr.Error) {
	if done == 0 {
		n.learned, n.affected = 0, 0
	}
	for ; n.learned < min(done, len(n.steps)); n.learned++ {
		if err := n.learn(&n.steps[n.learned]); err != nil {
			n.chain.Failed = n.learned
			return flush, err
		}
	}
	if done > len(n.steps) { // what was written has been read
		return flush, n.exchange.check(&n.last)
	}
	at, certain := done, true
	for ; at < len(n.steps) && n.steps[at].Level == n.steps[done].Level; at++ {
		s := &n.steps[at]
		if err := n.fill(s); err != nil {
			n.chain.Failed = at
			return flush, err
		}
		flush.Links = append(flush.Links, n.link(s))
		certain = certain && n.certain(s)
	}
	if at == len(n.steps) && n.reads && n.rootDone(done) {
		flush.Links = append(flush.Links, n.reading())
	}
	flush.Last = at == len(n.steps) && !n.reads && certain
	return flush, nil
}

// rootDone reports whether the rows of the root were written by the first done steps, so that their keys are known.
func (n *nestedRun) rootDone(done int) bool {
	return n.rootAt() < done
}

// rootAt returns the index of the step that writes the rows of the root.
func (n *nestedRun) rootAt() int {
	at := 0
	for n.steps[at].Place.Kind != nested.Root {
		at++
	}
	return at
}

// fill gives the statement of a step its values, which are known now.
func (n *nestedRun) fill(s *nestedStep) (err *apierr.Error) {
	p, m, at := s.Place, s.exchange.plan.Mutation, ""
	var payload []byte
	switch s.Kind {
	case nested.Insert:
		payload, at, err = p.Payload()
	case nested.Find:
		payload, _ = p.Keys()
	case nested.Attach:
		payload, at, err = p.Attachment()
	case nested.Join:
		payload, at, err = p.Junctions()
	default:
		var of, except []byte
		of, except, at, err = p.Remaining()
		rows := [...][]byte{of, except}
		for i := range s.among {
			s.among[i].Rows = rows[i]
		}
		payload = slices.Concat(of, except) // only its length matters
	}
	if err != nil {
		n.exchange.failedAt = at
		return err
	}
	if m.Payload != nil {
		m.Payload.Raw = payload
	}
	return n.exchange.reserveBody(payloadCopies * len(payload))
}

// payloadCopies is how often a payload is in memory, at most: by itself, and in the message to the database.
const payloadCopies = 2

// link returns the link of a step.
func (n *nestedRun) link(s *nestedStep) session.Link {
	job := s.exchange.render()
	job.Check, job.Stream = nil, false
	return session.Link{Job: &job.Job, Answer: &s.answer, Constant: job.Pure}
}

// reading returns the link of the statement that reads what was written.
func (n *nestedRun) reading() session.Link {
	x := n.exchange
	x.plan.Mutation.Payload.Raw = n.write.Root.Identities(n.key)
	job := x.render()
	job.Check, job.Stream = nil, false
	return session.Link{Job: &job.Job, Answer: &n.last, Constant: job.Pure}
}

// certain reports whether nothing that a step answers can be a reason to undo it.
func (n *nestedRun) certain(s *nestedStep) bool {
	return s.exchange.job.Pure && !s.Place.Needed() && !n.checked(s) && s.Kind != nested.Attach && !n.limitsNested()
}

// checked reports whether the number of the root's rows is checked.
func (n *nestedRun) checked(s *nestedStep) bool {
	return s.Place.Kind == nested.Root && (n.exchange.mayFailCheck() || n.exchange.request.Action == request.ActionUpdate)
}

// limitsNested reports whether the client limits the number of rows that are written.
func (n *nestedRun) limitsNested() bool {
	p := &n.exchange.request.Preferences
	return p.HasMaxAffected && p.Handling == request.HandlingStrict
}

// learn looks at the answer of a step, and takes from it what others need.
func (n *nestedRun) learn(s *nestedStep) *apierr.Error {
	p, x := s.Place, n.exchange
	if s.exchange.plan.Mutation.Action != request.ActionRead {
		n.affected += s.answer.PageTotal
	}
	if p.Kind == nested.Root {
		if err := n.checkRoot(&s.answer); err != nil {
			return err
		}
	}
	if n.limitsNested() && n.affected > x.request.Preferences.MaxAffected {
		return apierr.MaxAffectedExceeded(n.affected)
	}
	switch {
	case s.Kind == nested.Attach && s.answer.PageTotal != int64(len(p.Rows)):
		x.failedAt = p.Path(-1)
		return apierr.RowsDiffer(p.Table.Name.Name, int(s.answer.PageTotal), len(p.Rows))
	case s.Kind == nested.Attach:
		p.Attached()
	case p.Needed() && (s.Kind == nested.Insert || s.Kind == nested.Find):
		var err *apierr.Error
		x.failedAt, err = p.Learn(s.Kind, s.answer.Body)
		return err
	}
	return nil
}

// checkRoot checks the number of rows of the root, as it would be without the others. Related rows need exactly one that
// is updated.
func (n *nestedRun) checkRoot(a *exec.Answer) *apierr.Error {
	if n.exchange.request.Action == request.ActionUpdate && a.PageTotal != 1 {
		return apierr.NotOneRoot(a.PageTotal)
	}
	return n.exchange.check(a)
}

// respond writes the answer of a nested write that has been committed, or rolled back as it was asked for.
func (n *nestedRun) respond() *apierr.Error {
	x := n.exchange
	root := &n.steps[n.rootAt()]
	result := &exec.Result{Answer: n.last}
	if !n.reads {
		x.job = root.exchange.job
		result.PageTotal, result.HasPageTotal = root.answer.PageTotal, root.answer.HasPageTotal
		if x.request.Preferences.Return == request.ReturnHeadersOnly {
			result.Location = n.location()
		}
	}
	result.Inserted, result.HasInserted = root.answer.Inserted, root.answer.HasInserted
	for i := range n.steps { // the first that says something about the answer counts
		a := &n.steps[i].answer
		if result.ResponseHeaders == nil {
			result.ResponseHeaders = a.ResponseHeaders
		}
		if result.ResponseStatus == nil {
			result.ResponseStatus = a.ResponseStatus
		}
	}
	return x.write(result)
}

// location returns the key of the root's row, if it has only one, as filters.
func (n *nestedRun) location() []string {
	root := n.write.Root
	if len(root.Rows) != 1 || len(root.Table.PrimaryKey) == 0 {
		return nil
	}
	var filters []string
	for i := range root.Table.Columns {
		name := root.Table.Columns[i].Name
		if !slices.Contains(n.key, name) {
			continue
		}
		value, filter := root.Identity(0, name), name+"=is.null"
		if text := ""; json.Unmarshal(value, &text) == nil && value[0] == '"' {
			filter = name + "=eq." + text
		} else if string(value) != "null" {
			filter = name + "=eq." + string(value)
		}
		filters = append(filters, filter)
	}
	return filters
}

// statement returns what is told of the statements.
func (n *nestedRun) statement() tracing.Statement {
	return statementOf(n.exchange.plan.Target.Name, func(yield func(*exec.Job) bool) {
		for i := range n.steps {
			if !yield(&n.steps[i].exchange.job) {
				return
			}
		}
	})
}

// explain adds to the error of a step where in the payload its reason is.
func (n *nestedRun) explain(err *apierr.Error, at int) *apierr.Error {
	x := n.exchange
	if x.failedAt != "" || at < 0 || at >= len(n.steps) {
		return err
	}
	s := &n.steps[at]
	x.failedAt = s.Place.Blame(err)
	if err.Code == "42501" && s.Place.Needed() && err.Hint == nil && err.Advice == "" {
		explained := *err
		return explained.Advise("A nested write reads the keys by which rows are related, so that the role needs SELECT on these columns.")
	}
	return err
}

// nameFailedPlace adds where in the payload the reason of a failure is to the answer, which is an error.
func (x *exchange) nameFailedPlace() {
	response := x.answer.response
	body := response.Body()
	named := appendJSONText(append(body[:len(body)-1:len(body)-1], `,"place":`...), x.failedAt)
	response.SetBodyRaw(append(named, '}'))
}
