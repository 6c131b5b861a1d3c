package session

import (
	"strings"

	"trunkline/gateway/exec/wire"
	"trunkline/planner/apierr"
)

// Chain describes several jobs that run in one transaction, one after the other: all of them are committed, or none.
//
//	BEGIN · job · job · … · Sync ── as often as there is another flush ── COMMIT or ROLLBACK [| clean · Sync]
//
// Each job runs as if it were alone. If a job before may have run code of the database, everything that this code may
// have set is reset, and the settings and the pre-request run again. The role is also reset before settings that require
// the privileges of the login role. A read that may run code of the database is confined to a subtransaction that cannot
// write, unless the whole chain only reads.
//
//	first         settings · [pre-request] · main
//	constant      main
//	other         [RESET ROLE] · settings · main
//	counting      [SET pgrst.inserted] · main
//	behind code   RESET ROLE · RESET ALL [· SET …] · [verify] · settings · [pre-request] · main
//	confined      [RESET …] · SAVEPOINT · SET TRANSACTION READ ONLY · settings · [pre-request] · main · RELEASE
type Chain struct {
	// Isolation and Rollback are those of [Job], for the transaction.
	Isolation string
	Rollback  bool
	// Role is the role of all jobs. ReadOnly is set if all of them are.
	Role     string
	ReadOnly bool
	// AsLogin is that of the jobs.
	AsLogin bool
	// MaxBody is the maximum total size of the bodies, in bytes.
	MaxBody int
	// Reserve is called before a body of n bytes is read, which its error refuses. It may be nil.
	Reserve func(n int) *apierr.Error
	// Next returns the jobs that run next, or none if there are no others, when the first done ones have succeeded. After
	// an error nothing else runs, and everything is undone. If the chain is tried again, done is 0 again.
	Next func(done int) (Flush, *apierr.Error)
	// Failed is set to the index of the job because of which the chain has failed, or to -1 if there is no such job.
	Failed int
}

// Flush holds the jobs of a chain that are sent together.
type Flush struct {
	Links []Link
	// Last is set if no others follow and no answer can be a reason not to commit. The size of a body is one, unless the
	// whole chain only reads.
	Last bool
}

// Link is a job of a chain, and where its answer is stored. What a job says about its transaction does not count, and
// its body is not streamed. The settings of a job must not make the transaction read-only.
type Link struct {
	Job    *Job
	Answer *Answer
	// Constant is set if the job is pure and can observe nothing of its settings that differs from those of the other
	// jobs.
	Constant bool
}

// chained is the state of a try of a chain.
type chained struct {
	chain *Chain
	links []Link
	// part is the index of the link whose answer is being read.
	part int32
	// room is how many bytes the remaining bodies may have.
	room int
	// foreign is set if one of the links may have run code of the database, counted if one has counted rows.
	foreign, counted bool
}

// StartChain makes t the first try of a chain. The options must not change before it ends.
func (t *Try) StartChain(c *Chain, o *Options) {
	t.reset()
	t.options, t.role, t.readOnly, t.harmless = o, c.Role, c.ReadOnly, true
	t.chained = chained{chain: c, links: t.links[:0], part: -1, room: c.MaxBody}
	t.held, c.Failed = true, -1
}

// runChain runs a try of a chain.
func (s *Session) runChain(t *Try) (Outcome, error) {
	if t.chain.AsLogin && s.known.role != "" {
		t.keepRole("")
		t.steps[0].once = true
	}
	t.add(step{kind: kindBegin, sql: t.chain.beginning(s.reads), tag: tagBegin, once: true})
	if !s.extend(t) {
		return Refused, t.objection
	}
	s.reader.ResetReceived()
	return s.conclude(t, s.flush(t, 0))
}

// beginning returns the statement that starts the transaction, whatever the level is by default. reads is set if
// transactions may not write by default.
func (c *Chain) beginning(reads bool) string {
	level := strings.ToUpper(c.Isolation)
	if level == "" {
		level = "READ COMMITTED"
	}
	switch {
	case c.ReadOnly:
		level += ", READ ONLY"
	case reads:
		level += ", READ WRITE"
	}
	return "BEGIN ISOLATION LEVEL " + level
}

// proceed runs the flushes behind the first one, and ends the transaction.
func (s *Session) proceed(t *Try) error {
	for t.held && t.goesWell() {
		from := len(t.steps)
		if !s.extend(t) {
			break
		}
		if err := s.flush(t, from); err != nil {
			return err
		}
	}
	if !t.held {
		return nil
	}
	from := len(t.steps)
	switch {
	case !t.goesWell():
		s.endChain(t, sqlRollback)
	case t.chain.Rollback:
		t.add(step{kind: kindConstraints, sql: sqlConstraints, tag: tagConstraints, once: true})
		t.sync(wire.InTransaction, noEffect)
		s.endChain(t, sqlRollback)
	default:
		s.endChain(t, sqlCommit)
	}
	return s.flush(t, from)
}

// goesWell reports whether nothing has failed so far.
func (t *Try) goesWell() bool { return !t.difference.seen && t.objection == nil && !t.misplaced }

// extend appends the next flush to the script, and reports whether there is one.
func (s *Session) extend(t *Try) bool {
	next, refusal := t.chain.Next(len(t.links))
	if t.objection = refusal; refusal != nil || len(next.Links) == 0 {
		return false
	}
	for _, l := range next.Links {
		l.Answer.restart(l.Job.Dst)
		s.writeLink(t, l)
	}
	t.sync(wire.InTransaction, noEffect)
	t.ends = len(t.steps)
	if next.Last && !t.chain.Rollback {
		s.endChain(t, sqlCommit)
	}
	return true
}

// endChain appends the end of the transaction.
func (s *Session) endChain(t *Try, sql string) {
	t.end(sql, &Job{ReadOnly: t.readOnly, Tampers: t.tampers}, &writing{
		clean: !t.harmless || s.known.spared >= maxSpared, cleaning: &s.cleaning, deallocate: t.tampers && s.deallocates(t.options),
	})
}

// flush sends the steps of a chain from the given one on, and reads the answers.
func (s *Session) flush(t *Try, from int) error {
	if err := s.prepare(t, from); err != nil {
		return err
	}
	if from == 0 {
		s.known.spared++
	}
	s.known.suspect = s.known.suspect || t.tampers
	s.known.clean = s.known.clean && t.harmless
	return s.roundTrip(t)
}

// The statements around links, and their command tags.
const (
	sqlResetAll  = "RESET ALL"
	sqlSavepoint = "SAVEPOINT trunkline"
	sqlConfine   = "SET TRANSACTION READ ONLY" // until the end of the subtransaction
	sqlRelease   = "RELEASE SAVEPOINT trunkline"
	sqlUncount   = "SET LOCAL pgrst.inserted = ''"

	tagSavepoint = "SAVEPOINT\x00"
	tagSet       = "SET\x00"
	tagRelease   = "RELEASE\x00"
)

// writeLink appends the steps of a link.
func (s *Session) writeLink(t *Try, l Link) {
	job, from := l.Job, len(t.steps)
	first := len(t.links) == 0
	again := !first && (t.foreign || !l.Constant && !job.PreRequest.Empty())
	confined := job.ReadOnly && !job.harmless() && !t.readOnly
	sets := first || again || !l.Constant
	if again || !first && sets && job.AsLogin {
		t.around(sqlResetRole, tagReset)
	}
	if again {
		t.around(sqlResetAll, tagReset)
		for _, sql := range s.restored {
			t.around(sql, tagSet)
		}
	}
	if job.Counts && t.counted && !again {
		t.around(sqlUncount, tagSet)
	}
	if t.relies() && (t.tampers || first && (s.known.suspect || s.pooled)) {
		t.add(step{kind: kindVerify, sql: sqlVerify, tag: tagOneRow, once: true})
	}
	if confined {
		t.around(sqlSavepoint, tagSavepoint)
		t.around(sqlConfine, tagSet)
	}
	if sets {
		t.statement(kindSettings, &job.Settings, step{tag: tagOneRow})
	}
	if jit := s.settingOfJIT(job); jit != "" {
		t.setJIT(jit)
	}
	if first || again {
		t.statement(kindPreRequest, &job.PreRequest, step{tag: tagSelect, bound: job.RoleBound})
	}
	t.own(job)
	t.harmless, t.tampers, t.foreign = t.harmless && job.harmless(), t.tampers || job.Tampers, t.foreign || !job.Pure
	t.counted = t.counted || job.Counts
	if confined {
		t.around(sqlRelease, tagRelease)
	}
	for i := from; i < len(t.steps); i++ {
		t.steps[i].part = int32(len(t.links))
	}
	t.links = append(t.links, l)
}

// around appends a statement between the jobs of a chain. It is not prepared if statements may have been replaced.
func (t *Try) around(sql, tag string) {
	t.add(step{kind: kindAround, sql: sql, tag: tag, once: t.tampers})
}

// relies reports whether the try uses prepared statements.
func (t *Try) relies() bool { return t.options.Prepared && !t.unprepared }

// turn makes a link of the chain the one whose answer is being read.
func (t *Try) turn(part int32) {
	t.part = part
	t.job, t.answer = t.links[part].Job, t.links[part].Answer
	t.hasRow, t.mainDone = false, false
}

// blame notes because of which link the chain fails.
func (t *Try) blame(st *step) {
	if t.chain == nil || t.difference.seen {
		return
	}
	t.chain.Failed = -1
	if !st.kind.terminal() && st.kind != kindConstraints && st.kind != kindBegin {
		t.chain.Failed = int(st.part)
	}
}

// admits reports whether n bytes may be added to the bodies. If not, the try has failed.
func (t *Try) admits(n int) bool {
	if t.chain == nil {
		return true
	}
	if t.objection != nil {
		return false
	}
	if t.room -= n; t.room < 0 {
		t.objection = apierr.BatchTooLarge(t.chain.MaxBody)
	} else if t.chain.Reserve != nil {
		t.objection = t.chain.Reserve(n)
	}
	if t.objection != nil {
		t.chain.Failed = int(t.part)
	}
	return t.objection == nil
}
