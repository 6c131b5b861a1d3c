package exec

import (
	"trunkline/gateway/exec/session"
	"trunkline/planner/pgsql"
)

// Job is the work of one request. It is neither changed nor kept: when Run has returned, it may be used again.
type Job struct {
	session.Job
	// Quick is set if Main takes PostgreSQL microseconds, whatever the data, and its answer is small as a rule. Under
	// load, such a job may share a flush with others (see batch.go).
	Quick bool
	// Provable is set if Main may prove to be quick (see record.go).
	Provable bool
	// Client is who a stream is for; nil if its reader needs no watching.
	Client Client
}

// Answer is what the main statement of a job answered.
type Answer = session.Answer

// shareable reports whether the job may share a flush with others if it is quick. What it sends must be small, for it is
// copied; a pre-request may take its time; and nobody looks between two jobs of a flush whether the first has replaced
// prepared statements.
func (j *Job) shareable() bool {
	return j.ReadOnly && !j.Tampers && j.PreRequest.Empty() && j.Isolation == "" &&
		(j.Quick || j.provable()) && small(j.Settings.Params) && small(j.Main.Params)
}

// provable reports whether it is worth knowing what the statement of the job takes.
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
