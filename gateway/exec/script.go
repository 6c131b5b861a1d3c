package exec

import (
	"errors"
	"strings"

	"trunkline/planner/pgsql"
)

// stage says what a step is for.
type stage uint8

// The stages in the order of a script.
const (
	stageVerify stage = iota
	stageBegin
	stageSession
	stagePreRequest
	stageExplain
	stageMain
	stageConstraints
	stageClean
	stageSync
	stageEnd
)

// terminal tells that the answer to a step ends with ReadyForQuery: a Sync, and the simple query that ends an explicit
// transaction. All other steps are extended queries: after an error the server skips them up to the next Sync. So does
// it after a BEGIN that fails, whose transaction must not become an implicit one.
func (s stage) terminal() bool { return s == stageSync || s == stageEnd }

// step is one thing that the server is asked to do, and so one answer to read.
type step struct {
	stage  stage
	sql    string
	params []pgsql.Param
	// statement is the prepared statement to execute, nil for the unnamed one.
	statement *statement
	// parse tells that the statement is parsed on the way, binaryBody that its last column is wanted in binary format.
	parse, binaryBody bool
	// once tells that the statement is not worth being prepared.
	once bool
	// index is the place of a main statement among several.
	index int
}

// script is what a job makes the server do. A bar is where a transaction ends; what comes after it is done even if
// something before it failed. All of it is one flush, only || waits for the job's check.
//
//	read                          session · pre-request · explain · main · clean · Sync
//	write                         session · pre-request · main · Sync | clean · Sync
//	read, isolation level         BEGIN · session · … · main · clean · Sync · COMMIT
//	write, isolation level        BEGIN · session · … · main · Sync · COMMIT | clean · Sync
//	write, rollback               BEGIN · session · … · main · constraints · Sync · ROLLBACK | clean · Sync
//	write, check                  BEGIN · session · … · main · Sync || COMMIT or ROLLBACK | clean · Sync
//
// A write is cleaned up after in a transaction of its own, because deferred triggers and the commit itself depend on
// settings. Reads have neither, and save the second transaction.
//
// If the job before was dynamic, a look at the prepared statements comes first (see tamper.go).
type script struct {
	steps []step
	// commit is the number of the step that commits what the job wrote; -1 if there is none (yet).
	commit int
	// cleanUp is the number of the first step of the transaction that cleans up; len(steps) if there is none (yet).
	cleanUp int
	// held tells that the script waits for the job's check.
	held bool
}

// The statements that control transactions. ROLLBACK also ends a transaction that failed, and so does COMMIT.
const (
	sqlCommit      = "COMMIT"
	sqlRollback    = "ROLLBACK"
	sqlConstraints = "SET CONSTRAINTS ALL IMMEDIATE"
)

// sqlBegin returns the statement that begins a transaction with an isolation level.
func sqlBegin(isolation string) string {
	switch isolation {
	case "serializable":
		return "BEGIN ISOLATION LEVEL SERIALIZABLE"
	case "repeatable read":
		return "BEGIN ISOLATION LEVEL REPEATABLE READ"
	case "read committed":
		return "BEGIN ISOLATION LEVEL READ COMMITTED"
	default:
		return "BEGIN"
	}
}

// write makes the script of a job whose main statements are mains. Verify has the prepared statements looked at first.
func (s *script) write(job *Job, mains []pgsql.Statement, cleaning *cleaning, verify bool) {
	s.reset()
	if verify {
		s.add(step{stage: stageVerify, sql: sqlVerify, once: true})
	}
	undo := job.Rollback && !job.ReadOnly
	s.held = job.Check != nil && !job.ReadOnly && !undo
	explicit := s.held || undo || job.Isolation != ""
	if explicit {
		s.add(step{stage: stageBegin, sql: sqlBegin(job.Isolation)})
	}
	s.addStatement(stageSession, 0, job.Session)
	s.addStatement(stagePreRequest, 0, job.PreRequest)
	s.addStatement(stageExplain, 0, job.Explain)
	for i := range mains {
		s.addStatement(stageMain, i, mains[i])
	}
	if undo {
		s.add(step{stage: stageConstraints, sql: sqlConstraints})
	}
	if job.ReadOnly && !job.pure() {
		s.clean(cleaning.reads)
	}
	s.add(step{stage: stageSync})
	s.cleanUp = len(s.steps)
	switch {
	case s.held:
	case undo:
		s.end(job, sqlRollback, cleaning)
	case explicit:
		s.end(job, sqlCommit, cleaning)
	case !job.ReadOnly:
		s.commit = len(s.steps) - 1
		s.addCleanUp(job, cleaning)
	}
}

// reset empties the script and forgets the job's parameters.
func (s *script) reset() {
	for i := range s.steps {
		if statement := s.steps[i].statement; statement != nil {
			statement.parsing = false
		}
	}
	clear(s.steps)
	*s = script{steps: s.steps[:0], commit: -1}
}

// end adds the end of an explicit transaction.
func (s *script) end(job *Job, sql string, cleaning *cleaning) {
	s.held = false
	s.add(step{stage: stageEnd, sql: sql})
	s.cleanUp = len(s.steps)
	if job.ReadOnly {
		return
	}
	if sql == sqlCommit {
		s.commit = len(s.steps) - 1
	}
	s.addCleanUp(job, cleaning)
}

// addCleanUp adds the transaction that cleans up after a write.
func (s *script) addCleanUp(job *Job, cleaning *cleaning) {
	s.cleanUp = len(s.steps)
	if !job.pure() {
		s.clean(cleaning.writes)
		s.add(step{stage: stageSync})
	}
}

func (s *script) clean(statements []string) {
	for _, sql := range statements {
		s.add(step{stage: stageClean, sql: sql})
	}
}

func (s *script) addStatement(stage stage, index int, statement pgsql.Statement) {
	if !statement.Empty() {
		s.add(step{
			stage: stage, sql: statement.SQL, params: statement.Params, index: index,
			binaryBody: statement.BinaryBody, once: statement.Once,
		})
	}
}

func (s *script) add(next step) { s.steps = append(s.steps, next) }

// resolve finds the prepared statements of the steps from the given one on, so that it is known which are to be
// closed and which are to be parsed before the flush is encoded. None that a flush of so many scripts needs is given up.
func (s *script) resolve(from int, cache *statements, settings *Settings, scripts int) error {
	for i := from; i < len(s.steps); i++ {
		st := &s.steps[i]
		if st.stage.terminal() {
			continue
		}
		st.parse = true
		if settings.Prepared && !st.once {
			st.statement = cache.get(st.sql, max(settings.StatementCacheSize, scripts*len(s.steps)))
			st.parse = !st.statement.parsed && !st.statement.parsing
			st.statement.parsing = true
		}
		if st.parse && strings.IndexByte(st.sql, 0) >= 0 {
			return errors.New("BUG: a statement contains a NUL")
		}
	}
	return nil
}

// encode appends the steps from the given one on. It returns the size of the flush up to and with the step that
// commits, 0 if it is not among them.
func (s *script) encode(from int, e *encoder) (commitSize int) {
	for i := from; i < len(s.steps); i++ {
		s.steps[i].encode(e)
		if i == s.commit {
			commitSize = e.size()
		}
	}
	return commitSize
}

func (s *step) encode(e *encoder) {
	switch s.stage {
	case stageEnd:
		e.query(s.sql)
		return
	case stageSync:
		e.sync()
		return
	}
	name := ""
	if s.statement != nil {
		name = s.statement.name
	}
	if s.parse {
		e.parse(name, s.sql)
	}
	e.bind(name, s.params, s.binaryBody)
	e.execute()
}
