package session

import (
	"errors"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
)

// Try is one run of a job on a session. The zero value is ready for Start. It belongs to one goroutine at a time.
type Try struct {
	job     *Job    // nil for a session's own chores, and once nobody wants the answer
	answer  *Answer // nil if rows are to be skipped
	options *Options
	script
	// role, readOnly, harmless and tampers are the job's, for when job is nil.
	role                        string
	readOnly, harmless, tampers bool
	// unprepared is set if all statements are to be parsed in the flush: in a try that follows on Outdated. Suspected is
	// the statement that may have been the cause, for which the server reported suspicion.
	unprepared bool
	suspected  *prepared
	suspicion  string
	// assumesRole is set if the script relies on the role that the session has when it is the try's turn; misplaced if
	// that was another one.
	assumesRole, misplaced bool
	// behind is set if another try comes before it in the flush; overtaken if that has left the session otherwise than the
	// try expects it, or the server skips this one because of it.
	behind, overtaken bool
	// lean is set if the script has no settings; plain if it is a read that leaves nothing behind, in an implicit
	// transaction with nothing else in it; open if the next try of the flush goes on with that transaction.
	lean, plain, open bool

	// trips counts the flushes, sent the bytes of the last one that the network took, and commitSize is how many of them
	// have to arrive for the job to be committed; 0 if they do not commit it.
	trips, sent, commitSize int

	// next is the number of the step whose answer comes next. Begun is set when the server has done anything, bound while
	// the step has got past Bind, skipping while the server skips steps up to the next Sync, skipped once it has skipped one
	// of the job's own.
	next                            int
	begun, bound, skipping, skipped bool
	// hasRow is set when the main statement has answered a row, mainDone when it is complete as declared.
	hasRow, mainDone bool
	// pending is the size of the row's body that the session has come to, if many rows are to be streamed.
	pending int

	difference difference
	// refusals are the cleaning statements that failed.
	refusals []string
	// objection is the check's error.
	objection *apierr.Error
}

// difference is the first answer in the job's own steps that was not as declared.
type difference struct {
	seen bool
	kind kind
	// fault is set if the server reported an error, err otherwise. Outdated is set if the error means that a prepared
	// statement has to be parsed again.
	fault    *wire.Error
	outdated bool
	err      error
	// prepared is the step's prepared statement, nil if it had none.
	prepared *prepared
}

var (
	// errTampered is why a session is given up whose statements may have been replaced.
	errTampered = errors.New("a function has left prepared statements on the connection")
	// errMisplaced is why a read is not answered.
	errMisplaced = errors.New("the connection had another role than the statement needs")
	// errAbandoned is what the rest of an answer ends with that nobody wants.
	errAbandoned = errors.New("the answer was abandoned")
)

// Start makes t the first try of a job. Nothing may change the options until its end.
func (t *Try) Start(job *Job, answer *Answer, o *Options) {
	t.reset()
	t.job, t.answer, t.options = job, answer, o
	t.role, t.readOnly, t.harmless, t.tampers = job.Role, job.ReadOnly, job.harmless(), job.Tampers
	answer.restart(job.Dst)
}

// Again makes t another try of its job. If it follows on [Outdated], or where statements cannot be relied on, unprepared
// has all statements parsed in the flush.
func (t *Try) Again(unprepared bool) {
	suspected, suspicion := t.suspected, t.suspicion
	if d := &t.difference; d.outdated {
		suspected, suspicion = d.prepared, d.fault.Code
	}
	t.Start(t.job, t.answer, t.options)
	t.unprepared, t.suspected, t.suspicion = unprepared, suspected, suspicion
}

// Detach lets go of the job and its answer, which nobody wants any more. The server's answer is read and skipped when it
// is the try's turn.
func (t *Try) Detach() { t.job, t.answer = nil, nil }

// Reset lets go of what belongs to the last job.
func (t *Try) Reset() { t.reset() }

func (t *Try) reset() {
	t.script.reset()
	*t = Try{script: t.script, refusals: t.refusals[:0]}
}

// Fault returns the error that the server reported as the first answer that differs; nil if there is none.
func (t *Try) Fault() *wire.Error { return t.difference.fault }

// follows reports whether a try may go on with the transaction of the one before it in the flush. Both are plain, and make
// the same settings, so that each sets all that the other has set. They have the same main statement, and thus take the
// same locks: a transaction that waited for one while it holds others could be in the way of a DDL command.
func (t *Try) follows(previous *Try) bool {
	if !t.plain || !previous.plain || t.lean != previous.lean || t.steps[0].kind == kindRole {
		return false
	}
	a, b := previous.job, t.job
	return a.Main.SQL == b.Main.SQL && a.Explain.SQL == b.Explain.SQL && (t.lean || a.Settings.SQL == b.Settings.SQL)
}

// differ notes that a step was not answered as declared.
func (t *Try) differ(st *step, err error) {
	if t.cleansUp(st) {
		t.refusals = append(t.refusals, st.sql)
		return
	}
	if !t.difference.seen {
		t.difference = difference{seen: true, kind: st.kind, err: err}
	}
}

// fail notes that the server reported an error for a step.
func (t *Try) fail(st *step, f *wire.Error) {
	outdated := t.outdates(st, f.Code)
	if !t.cleansUp(st) && !t.difference.seen {
		t.difference = difference{seen: true, kind: st.kind, fault: f, outdated: outdated, prepared: st.prepared}
	} else if t.cleansUp(st) {
		t.refusals = append(t.refusals, st.sql)
	}
	t.skipping, t.bound = true, false
}

// cleansUp reports whether a step cleans up rather than belonging to the job.
func (t *Try) cleansUp(st *step) bool { return st.kind == kindClean || t.next >= t.ends }

// outdates reports whether an error may mean that the step's prepared statement does not fit any more: it was
// deallocated, is there already, or was parsed for other types than there are now. Only what comes before Bind is
// complete counts: then the statement has not begun to run. In doubt it does, for a statement that was parsed anew gives
// the same error if it has another cause.
func (t *Try) outdates(st *step, code string) bool {
	switch {
	case st.prepared == nil || t.bound:
		return false
	case st.parse:
		return code == "42P05" // duplicate_prepared_statement
	case code == "42501": // insufficient_privilege
		return false
	}
	switch code[:min(2, len(code))] {
	case "0A", "22", "26", "42", "XX": // feature not supported, data, statement name, syntax or access, internal
		return true
	default:
		return false
	}
}

// check asks the job's check.
func (t *Try) check() {
	if t.job != nil && t.job.Check != nil {
		t.objection = t.job.Check(t.answer)
	}
}
