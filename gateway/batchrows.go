package gateway

import (
	"errors"
	"net/http"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// Operations in a row that insert one row each, and differ only in it, are executed as one statement if that does the
// same. If it fails, all operations are executed again by themselves, so that the one is found that fails.

// errSeparate is returned if operations cannot be executed together, although they were planned together.
var errSeparate = apierr.Internal(errors.New("operations cannot be executed as one statement"))

// planTogether plans n operations from the i-th on as one, and reports whether they can be executed as one.
func (b *batchRun) planTogether(i, n int) bool {
	o := &b.operations[i]
	if b.exchange.settings.preRequest.Empty() && b.planOne(o, b.batch.Array(i, n)) == nil && o.exchange.plan.Rowwise() {
		if _, certain := o.exchange.standing(); certain {
			o.rows = n
			return true
		}
	}
	*o = operation{Operation: o.Operation}
	return false
}

// failedTogether reports whether a batch failed in a statement of several operations that may be executed by
// themselves now: nothing was done. Failures because of other transactions are never tried again.
func (b *batchRun) failedTogether(failure error) bool {
	if errors.Is(failure, errSeparate) {
		return true
	}
	var refusal *apierr.Error
	if b.failed < 0 || b.operations[b.failed].rows == 1 || !errors.As(failure, &refusal) || len(refusal.Code) != 5 {
		return false
	}
	switch refusal.Code[:2] { // of a SQLSTATE
	case "21", "22", "23", "42", "44", "54": // what a value, a constraint or a policy does not allow, and limits
		return true
	default:
		return refusal.Code == "57014" // canceled by a timeout
	}
}

// firstFailure returns the error of the first operation that failed, if the database has refused one. The answers of those
// before it, which were sent with it, may be a reason to undo the batch too. What has happened because of other
// transactions, or of the connection, comes first: it says nothing about the operations.
func (b *batchRun) firstFailure(failure error) error {
	at := b.chain.Failed
	var refusal *apierr.Error
	if at <= 0 || b.failed >= 0 || !errors.As(failure, &refusal) || refusal.OutcomeUnknown() || refusal.Status == http.StatusServiceUnavailable {
		return failure
	}
	if len(refusal.Code) == 5 {
		switch refusal.Code[:2] { // of a SQLSTATE: connection, rollback, not in the state for it, intervention
		case "08", "40", "55", "57":
			return failure
		}
	}
	if err := b.answer(b.links[at]); err != nil {
		return err
	}
	return failure
}

// findFailed sets which operation failed, if one did.
func (b *batchRun) findFailed() {
	if at := b.chain.Failed; at >= 0 && b.failed < 0 {
		b.failed = b.links[at]
	}
	if b.failed >= 0 {
		b.exchange.failed, b.exchange.job = b.failed+1, b.operations[b.failed].exchange.job
	}
}

// splitRows returns the bodies of the answers of operations that were executed together, nil if there is none to split.
func (o *operation) splitRows() (bodies [][]byte, err *apierr.Error) {
	if o.rows == 1 {
		return nil, nil
	}
	o.answer.PageTotal = 1
	if len(o.answer.Body) == 0 {
		return nil, nil
	}
	for row := range jsontext.Elements(o.answer.Body) {
		bodies = append(bodies, append(append(append(make([]byte, 0, len(row)+2), '['), row...), ']'))
	}
	if len(bodies) != o.rows {
		return nil, errSeparate
	}
	return bodies, nil
}
