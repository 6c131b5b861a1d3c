package session

import (
	"errors"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
)

// Try is one run of a job on a session. The zero value is ready for Start. It is not safe for concurrent use.
type Try struct {
	job     *Job    // nil for the session's own scripts, and after Detach
	answer  *Answer // nil if rows are to be skipped
	options *Options
	script
	chained
	// role, readOnly, harmless and tampers are copied from the job, which may be detached.
	role                        string
	readOnly, harmless, tampers bool
	// unprepared is set if all statements are parsed in the flush, in a try that follows Outdated. suspected is the
	// statement that may have been the cause, for which the server reported suspicion.
	unprepared bool
	suspected  *prepared
	suspicion  string
	// assumesRole is set if the script relies on the session's role at its turn; misplaced is set if that was another
	// one.
	assumesRole, misplaced bool
	// behind is set if another try precedes it in the flush; overtaken is set if that try has left the session in
	// another state than expected, or the server skips this one because of it.
	behind, overtaken bool
	// lean is set if the script has no settings; plain if it is a read that leaves nothing behind, alone in an implicit
	// transaction; open if the next try of the flush continues that transaction.
	lean, plain, open bool

	// trips is the number of flushes, sent the number of bytes of the last one that the network accepted, and
	// commitSize how many of them must arrive to commit the job, or 0 if they do not commit it.
	trips, sent, commitSize int

	// next is the index of the step whose answer comes next. begun is set when the server has processed anything, bound
	// when the step has passed Bind, skipping while the server skips steps up to the next Sync, skipped once it has
	// skipped one of the job's own.
	next                            int
	begun, bound, skipping, skipped bool
	// hasRow is set when the main statement has returned a row, mainDone when it has been completed as declared.
	hasRow, mainDone bool
	// pending is the size of the current row's body, if many rows are to be streamed.
	pending int

	difference difference
	// refusals are the cleaning statements that failed.
	refusals []string
	// objection is the error of the check.
	objection *apierr.Error
}

// difference is the first answer among the job's own steps that was not as declared.
type difference struct {
	seen bool
	kind kind
	// fault is set if the server reported an error, err otherwise. outdated is set if the error means that a prepared
	// statement must be parsed again.
	fault    *wire.Error
	outdated bool
	err      error
	// prepared is the step's prepared statement, or nil.
	prepared *prepared
}

var (
	// errTampered is returned if a session is closed because its statements may have been replaced.
	errTampered = errors.New("a function has left prepared statements on the connection")
	// errMisplaced is returned if a read is not answered because of its role.
	errMisplaced = errors.New("the connection had another role than the statement needs")
	// errAbandoned is returned if the rest of an answer was not wanted.
	errAbandoned = errors.New("the answer was abandoned")
)

// Start makes t the first try of a job. The options must not change before it ends.
func (t *Try) Start(job *Job, answer *Answer, o *Options) {
	t.reset()
	t.job, t.answer, t.options = job, answer, o
	t.role, t.readOnly, t.harmless, t.tampers = job.Role, job.ReadOnly, job.harmless(), job.Tampers
	answer.restart(job.Dst)
}

// Again makes t another try of its job. After [Outdated], or if statements cannot be relied on, unprepared makes the
// flush parse all statements.
func (t *Try) Again(unprepared bool) {
	suspected, suspicion := t.suspected, t.suspicion
	if d := &t.difference; d.outdated {
		suspected, suspicion = d.prepared, d.fault.Code
	}
	if t.chain != nil {
		t.StartChain(t.chain, t.options)
	} else {
		t.Start(t.job, t.answer, t.options)
	}
	t.unprepared, t.suspected, t.suspicion = unprepared, suspected, suspicion
}

// Detach drops the job and its answer, which are not wanted any more. The server's answer is read and skipped at the
// try's turn.
func (t *Try) Detach() { t.job, t.answer = nil, nil }

// Reset drops references to the last job.
func (t *Try) Reset() { t.reset() }

func (t *Try) reset() {
	t.script.reset()
	clear(t.links)
	*t = Try{script: t.script, refusals: t.refusals[:0], chained: chained{links: t.links[:0]}}
}

// Fault returns the error that the server reported as the first answer that differs, or nil.
func (t *Try) Fault() *wire.Error { return t.difference.fault }

// follows reports whether a try may continue the transaction of the one before it in the flush. Both must be plain and
// make the same settings, so that each overwrites what the other has set. They must have the same main statement, and
// so take the same locks: a transaction that waits for a lock while it holds others could block a DDL command.
func (t *Try) follows(previous *Try) bool {
	if !t.plain || !previous.plain || t.lean != previous.lean || t.steps[0].kind == kindRole {
		return false
	}
	a, b := previous.job, t.job
	return a.Main.SQL == b.Main.SQL && a.Explain.SQL == b.Explain.SQL && (t.lean || a.Settings.SQL == b.Settings.SQL)
}

// differ records that a step was not answered as declared.
func (t *Try) differ(st *step, err error) {
	if t.cleansUp(st) {
		t.refusals = append(t.refusals, st.sql)
		return
	}
	t.blame(st)
	if !t.difference.seen {
		t.difference = difference{seen: true, kind: st.kind, err: err}
	}
}

// fail records that the server reported an error for a step.
func (t *Try) fail(st *step, f *wire.Error) {
	outdated := t.outdates(st, f.Code)
	f.Unstarted = !t.bound && !st.kind.terminal() // what runs at the end of a transaction has no Bind
	if !t.cleansUp(st) && !t.difference.seen {
		t.blame(st)
		t.difference = difference{seen: true, kind: st.kind, fault: f, outdated: outdated, prepared: st.prepared}
	} else if t.cleansUp(st) {
		t.refusals = append(t.refusals, st.sql)
	}
	t.skipping, t.bound = true, false
}

// cleansUp reports whether a step cleans up rather than belonging to the job.
func (t *Try) cleansUp(st *step) bool { return st.kind == kindClean || t.next >= t.ends }

// outdates reports whether an error may mean that the step's prepared statement does not fit any more: it was
// deallocated, already exists, or was parsed for other types. Only errors before the end of Bind count, because then
// the statement has not started to run. In doubt it returns true, because a statement that is parsed again returns the
// same error if there is another cause.
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

// check calls the job's check.
func (t *Try) check() {
	if t.job != nil && t.job.Check != nil {
		t.objection = t.job.Check(t.answer)
	}
}
