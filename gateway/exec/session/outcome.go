package session

// Outcome is the result of a try.
type Outcome uint8

// The outcomes.
const (
	// Succeeded: every step was answered as declared, and what the job wrote is committed.
	Succeeded Outcome = iota
	// Streaming: everything before the rest of the body was answered as declared. The rest is left on the connection.
	Streaming
	// Refused: the server or the check returned an error. Nothing is committed.
	Refused
	// Outdated: a prepared statement is missing or does not fit the schema any more. Nothing was done.
	Outdated
	// Tampered: a prepared statement of the session was not made by this package. Nothing was done.
	Tampered
	// Misplaced: a read did not run under its role, or was denied a privilege that may have been granted since the role
	// was set. Its answer must not be used.
	Misplaced
	// Mistaken: a step was answered in another way than declared. Nothing is committed.
	Mistaken
	// Unsent: the connection was lost before it accepted a byte, or before the server processed any.
	Unsent
	// Silent: the connection of a session that had run other jobs was lost before the server answered a read.
	Silent
	// Lost: the connection was lost, and nothing is committed.
	Lost
	// Unknown: the connection was lost, or the answer was not as declared, during the commit.
	Unknown
)

// Retryable reports whether nothing was done and the job may succeed on another session.
func (o Outcome) Retryable() bool {
	switch o {
	case Outdated, Tampered, Misplaced, Unsent, Silent:
		return true
	default:
		return false
	}
}

// Curable reports whether the job may succeed on the same session if statements are parsed again and the role is set
// again.
func (o Outcome) Curable() bool { return o == Outdated || o == Tampered || o == Misplaced }

// judge returns the outcome of a try whose answers were read until err, and the error that explains it. silence is set
// if a session that had run other jobs has returned nothing.
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

// judgeFault is judge for a try in which the first answer that differs is an error of the server.
func (t *Try) judgeFault(committing bool) (Outcome, error) {
	d := &t.difference
	switch {
	case d.kind == kindVerify && !d.fault.Fatal():
		return Tampered, errTampered
	case d.outdated:
		return Outdated, d.fault
	case t.assumesRole && (d.fault.Code == "42501" || d.fault.Code == "XX000"):
		return Misplaced, d.fault // a role that was dropped has no privileges and no name
	case d.fault.Fatal() && !t.begun:
		return Unsent, d.fault
	case d.fault.Fatal() && t.mainDone && committing:
		return Unknown, d.fault
	default:
		return Refused, d.fault
	}
}
