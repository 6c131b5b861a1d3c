package exec

import (
	"time"

	"trunkline/gateway/exec/session"
	"trunkline/planner/pgsql"
)

// Job is the work of one request. It is neither modified nor retained: it may be reused when Run has returned.
type Job struct {
	session.Job
	// Quick is set if Main takes PostgreSQL microseconds for any data, and its answer is usually small. Under load,
	// such a job may share a flush with others (see batch.go).
	Quick bool
	// Provable is set if Main may prove to be quick (see record.go).
	Provable bool
	// Client is the receiver of a stream. It may be nil if the reader need not be watched.
	Client Client
	// Waited, if it is not nil, is set to how long the job waited for a connection and, in a batch, for its turn. Run
	// writes to it before it returns.
	Waited *time.Duration
}

// asks returns the time if it is noted how long the job waits.
func (j *Job) asks() (now time.Time) {
	if j.Waited != nil {
		now = time.Now()
	}
	return now
}

// granted notes how long the job waited since a time that asks returned.
func (j *Job) granted(asked time.Time) {
	if j.Waited != nil {
		*j.Waited = time.Since(asked)
	}
}

// Answer is the answer of a job's main statement.
type Answer = session.Answer

// shareable reports whether the job may share a flush if it is quick. What it sends must be small, because it is
// copied. A pre-request may be slow. Between the jobs of a flush, nothing checks whether one has replaced prepared
// statements.
func (j *Job) shareable() bool {
	return j.ReadOnly && !j.Tampers && j.PreRequest.Empty() && j.Isolation == "" &&
		(j.Quick || j.provable()) && small(j.Settings.Params) && small(j.Main.Params)
}

// provable reports whether the duration of the job's statement should be recorded.
func (j *Job) provable() bool {
	return j.Provable && j.Explain.Empty() && !j.Lines &&
		!j.Main.Once && j.Main.Rows == pgsql.OneRow && len(j.Main.SQL) <= maxRecordText
}

func small(params []pgsql.Param) bool {
	for i := range params {
		if len(params[i].Value) >= maxMemberValue {
			return false
		}
	}
	return true
}
