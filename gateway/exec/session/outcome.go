package session

// Outcome is what became of a try.
type Outcome uint8

// The outcomes.
const (
	// Succeeded: every step was answered as it declares, and what the job wrote is committed.
	Succeeded Outcome = iota
	// Streaming: all but the body was answered so; the rest of it is left on the connection.
	Streaming
	// Refused: the server or the check refused. Nothing is committed.
	Refused
	// Outdated: a prepared statement was gone or does not fit the schema any more. Nothing was done.
	Outdated
	// Tampered: a prepared statement of the session is not the package's own. Nothing was done.
	Tampered
	// Misplaced: a read did not run as the role that it should, or was refused what the role that its session has may have
	// been granted since. What it answered is nobody's.
	Misplaced
	// Mistaken: a step was answered otherwise than it declares. Nothing is committed.
	Mistaken
	// Unsent: the connection was lost before it took a byte, or before the server looked at any.
	Unsent
	// Silent: the connection of a session that had served others was lost before it answered a byte to a read.
	Silent
	// Lost: the connection was lost, and nothing is committed.
	Lost
	// Unknown: the connection was lost, or the answer was not as declared, on the way to the commit or back from it.
	Unknown
)

// Retryable reports whether nothing was done, and another session may do better.
func (o Outcome) Retryable() bool {
	switch o {
	case Outdated, Tampered, Misplaced, Unsent, Silent:
		return true
	default:
		return false
	}
}

// Curable reports whether the same session may do better, with statements that are parsed anew and a role that is set.
func (o Outcome) Curable() bool { return o == Outdated || o == Tampered || o == Misplaced }

// judge returns the outcome of a try whose answers were read until err, with the error that explains it. Silence is set
// if a session that had served others has answered nothing.
func (t *Try) judge(err error, silence bool) (Outcome, error) {
	committing := t.commitSize > 0 && t.sent >= t.commitSize
	d := &t.difference
	switch {
	case t.objection != nil:
		return Refused, t.objection
	case t.misplaced:
		return Misplaced, errMisplaced
	case !d.seen && t.next >= t.ends && !t.held && !t.skipped:
		return Succeeded, nil
	case d.seen && d.fault != nil:
		return t.judgeFault(committing)
	case d.seen && committing:
		return Unknown, d.err
	case d.seen:
		return Mistaken, d.err
	case t.trips == 1 && t.sent == 0:
		return Unsent, err
	case committing:
		return Unknown, err
	case silence && t.readOnly:
		return Silent, err
	default:
		return Lost, err
	}
}

// judgeFault is judge for a try whose first answer that differs is an error of the server.
func (t *Try) judgeFault(committing bool) (Outcome, error) {
	d := &t.difference
	switch {
	case d.kind == kindVerify && !d.fault.Fatal():
		return Tampered, errTampered
	case d.outdated:
		return Outdated, d.fault
	case t.assumesRole && (d.fault.Code == "42501" || d.fault.Code == "XX000"):
		return Misplaced, d.fault // A role that was dropped has no privileges any more, and no name.
	case d.fault.Fatal() && !t.begun:
		return Unsent, d.fault
	case d.fault.Fatal() && t.mainDone && committing:
		return Unknown, d.fault
	default:
		return Refused, d.fault
	}
}
