package session

import (
	"errors"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/pgsql"
)

// The scripts of jobs. A bar separates transactions; what follows the job's last one runs even if something before has
// failed. Each script is one flush, except that || waits for the job's check.
//
//	read that sees its role only  [role · Sync |] main · Sync
//	read                          settings · pre-request · explain · main · clean · Sync
//	write                         settings · pre-request · main · Sync | clean · Sync
//	read, isolation level         BEGIN · settings · … · main · Sync · COMMIT | clean · Sync
//	write, isolation level        BEGIN · settings · … · main · Sync · COMMIT | clean · Sync
//	write, rollback               BEGIN · settings · … · main · constraints · Sync · ROLLBACK | clean · Sync
//	write, check                  BEGIN · settings · … · main · Sync || COMMIT or ROLLBACK | clean · Sync
//
// A role at session level is set in its own transaction, so that it remains set if the main statement fails. Cleaning
// after a write is a separate transaction, because deferred triggers and the commit itself depend on settings. Reads
// have neither, and save the second transaction.
//
// Several similar reads in a flush share a transaction and its Sync (see [Try.follows]):
//
//	reads, each its role only     [role · Sync |] main · main · … · Sync
//	reads, alike                  settings · main · settings · main · … · Sync
//
// If statements may have been replaced, the first step of the job's transaction, after a BEGIN, checks that.
type script struct {
	steps []step
	// commit is the index of the step that commits what the job wrote, or -1 if there is none (yet).
	commit int
	// ends is the number of the job's own steps. Those after them clean up.
	ends int
	// held is set while the script waits for the job's check.
	held bool
}

// reset clears the script and drops its references to the job's parameters.
func (s *script) reset() {
	for i := range s.steps {
		if p := s.steps[i].prepared; p != nil {
			p.parsing = false
		}
	}
	clear(s.steps)
	*s = script{steps: s.steps[:0], commit: -1}
}

func (s *script) add(next step) { s.steps = append(s.steps, next) }

// sync appends the end of an implicit transaction, or of the flush's part of an explicit one.
func (s *script) sync(status byte, e effect) {
	s.add(step{kind: kindSync, status: status, effect: e})
}

// keepRole appends the transaction that sets the session's role, "" for the login role.
func (s *script) keepRole(role string) {
	if role == "" {
		s.add(step{kind: kindRole, sql: sqlResetRole, tag: tagReset})
	} else {
		set := pgsql.SetRole(role)
		s.add(step{kind: kindRole, sql: set.SQL, params: set.Params, tag: tagOneRow})
	}
	s.add(step{kind: kindSync, status: wire.Idle, effect: setsRole, role: role})
}

// writing is what a job's script depends on besides the job.
type writing struct {
	// begins is set if transactions do not begin as jobs expect by default, reads if they may not write by default.
	begins, reads bool
	// verify is set if statements may have been replaced, settings unless the session already has what the job needs.
	verify, settings bool
	// jit is the value of the setting jit, or "" to keep the session's.
	jit string
	// clean is set if the session is cleaned after the job with the statements of cleaning, deallocate if that includes
	// all prepared statements.
	clean, deallocate bool
	cleaning          *cleaning
}

// write appends the steps of a job's transaction after its role.
func (s *script) write(job *Job, w writing) {
	undo := job.Rollback && !job.ReadOnly
	s.held = job.Check != nil && !job.ReadOnly && !undo
	explicit := s.held || undo || job.Isolation != "" || w.begins
	status := byte(wire.Idle)
	if explicit {
		s.add(step{kind: kindBegin, sql: beginning(job, &w), tag: tagBegin, once: true})
		status = wire.InTransaction
	}
	if w.verify {
		s.add(step{kind: kindVerify, sql: sqlVerify, tag: tagOneRow, once: true})
	}
	if w.settings {
		s.statement(kindSettings, &job.Settings, step{tag: tagOneRow})
	}
	if w.jit != "" {
		s.setJIT(w.jit)
	}
	s.statement(kindPreRequest, &job.PreRequest, step{tag: tagSelect, bound: job.RoleBound})
	s.own(job)
	if undo {
		s.add(step{kind: kindConstraints, sql: sqlConstraints, tag: tagConstraints, once: true})
	}
	if w.clean && job.ReadOnly && !explicit {
		s.clean(w.cleaning.reads, job.Tampers, w.deallocate)
		w.clean = false
	} else {
		s.sync(status, noEffect)
	}
	s.ends = len(s.steps)
	switch {
	case s.held:
	case undo:
		s.end(sqlRollback, job, &w)
	case explicit:
		s.end(sqlCommit, job, &w)
	case !job.ReadOnly:
		s.commit = len(s.steps) - 1
		s.cleanUp(job, &w)
	}
}

// setJIT appends a statement that sets jit until the end of the transaction.
func (s *script) setJIT(value string) {
	s.add(step{kind: kindSettings, sql: "SELECT pg_catalog.set_config('jit', '" + value + "', true)", tag: tagOneRow, once: true})
}

// own appends the job's own statements.
func (s *script) own(job *Job) {
	s.statement(kindExplain, &job.Explain, step{tag: tagExplain, bound: job.RoleBound, version: job.Version})
	s.statement(kindMain, &job.Main, step{tag: mainTag(job), bound: job.RoleBound, version: job.Version})
}

// mainTag returns the command tag of a main statement.
func mainTag(job *Job) string {
	switch {
	case job.Lines: // an execution plan
		return tagExplain
	case job.Main.Rows == pgsql.OneRow:
		return tagOneRow
	default:
		return tagSelect
	}
}

// leaveOpen omits the end of the transaction, which the next try of the flush then ends.
func (t *Try) leaveOpen() {
	last := len(t.steps) - 1
	t.steps, t.ends, t.open = t.steps[:last], last, true
}

// end appends the end of an explicit transaction.
func (s *script) end(sql string, job *Job, w *writing) {
	s.held = false
	s.add(step{kind: kindEnd, sql: sql, tag: sql + "\x00", from: wire.InTransaction, status: wire.Idle})
	s.ends = len(s.steps)
	if sql == sqlCommit && !job.ReadOnly {
		s.commit = len(s.steps) - 1
	}
	s.cleanUp(job, w)
}

// cleanUp appends the transaction that cleans the session after a job.
func (s *script) cleanUp(job *Job, w *writing) {
	switch {
	case !w.clean:
	case job.ReadOnly:
		s.clean(w.cleaning.reads, job.Tampers, w.deallocate)
	default:
		s.clean(w.cleaning.writes, job.Tampers, w.deallocate)
	}
}

// clean appends cleaning statements and the end of their transaction. They are not named if the job may have replaced
// prepared statements, because it could have replaced these.
func (s *script) clean(statements []string, tampered, deallocate bool) {
	for _, sql := range statements {
		s.add(step{kind: kindClean, sql: sql, once: tampered})
	}
	if !deallocate {
		s.sync(wire.Idle, cleans)
		return
	}
	s.add(step{kind: kindClean, sql: sqlDeallocate})
	s.sync(wire.Idle, cleansAll)
}

// statement appends the execution of a statement unless it is empty. The step says the rest.
func (s *script) statement(k kind, st *pgsql.Statement, rest step) {
	if !st.Empty() {
		rest.kind, rest.sql, rest.params, rest.binaryBody, rest.once = k, st.SQL, st.Params, st.BinaryBody, st.Once
		s.add(rest)
	}
}

var errNUL = errors.New("BUG: a statement contains a NUL")

// resolve finds the prepared statements of the steps from the given one on. It runs before the flush is encoded, to
// determine which statements must be closed and which parsed.
func (s *script) resolve(from int, role string, find func(statementKey, uint64) *prepared) error {
	for i := from; i < len(s.steps); i++ {
		st := &s.steps[i]
		if st.kind.terminal() {
			continue
		}
		st.parse = true
		if !st.once && find != nil {
			key := statementKey{sql: st.sql}
			if st.bound {
				key.role = role
			}
			if st.prepared = find(key, st.version); st.prepared != nil {
				st.parse = !st.prepared.parsed && !st.prepared.parsing
				st.prepared.parsing = true
			}
		}
		if st.parse && !st.valid() {
			return errNUL
		}
	}
	return nil
}

// encode appends the steps from the given one on. It returns the size of the flush up to the end of the step that
// commits, or 0 if that step is not included.
func (s *script) encode(from int, e *wire.Encoder) (commitSize int) {
	for i := from; i < len(s.steps); i++ {
		s.steps[i].encode(e)
		if i == s.commit {
			commitSize = e.Size()
		}
	}
	return commitSize
}
