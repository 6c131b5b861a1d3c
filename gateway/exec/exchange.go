package exec

import (
	"errors"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// exchange is one try of a job on a connection.
type exchange struct {
	job      *Job
	result   *Result
	visit    func(statement int, row [][]byte) error // instead of a result
	settings *Settings
	script   script

	// trips counts the flushes, sent the bytes of the last one that the network took, and commitSize is how many of
	// them have to arrive for the job to be committed; 0 if they do not commit it.
	trips, sent, commitSize int

	// next is the number of the step whose answer comes next. Begun tells that the server has done anything, bound
	// that this step got past Bind, skipping that the server skips it.
	next                   int
	begun, bound, skipping bool

	row [][]byte
	// pending is the size of the row's body that the connection has come to, if many rows are to be streamed.
	pending int
	// hasRow tells that the main statement answered a row, delivered that a visitor saw one, mainDone that the
	// statement is complete, committed that the commit is.
	hasRow, delivered, mainDone, committed bool
	// tampered tells that a prepared statement is not this package's own.
	tampered bool
	// fault is the first error of the job's transaction; refusals are the cleaning statements that failed.
	fault    *fault
	refusals []string
	// mistake is an answer that nobody understands, or what the visitor returned.
	mistake error
	// objection is the check's error.
	objection *apierr.Error
}

// start forgets the last try.
func (x *exchange) start(job *Job, result *Result, visit func(int, [][]byte) error, settings *Settings) {
	x.script.reset()
	clear(x.row)
	*x = exchange{
		job: job, result: result, visit: visit, settings: settings,
		script: x.script, row: x.row[:0],
	}
	if result != nil {
		result.restart(job.Dst)
	}
}

// cleaningUp tells whether a step belongs to the cleaning rather than to the job.
func (x *exchange) cleaningUp(st *step) bool {
	return st.stage == stageClean || x.next >= x.script.cleanUp
}

// check asks the job's check.
func (x *exchange) check() {
	if x.job.Check != nil {
		x.objection = x.job.Check(x.result)
	}
}

// errAbandoned tells that the check does not want the body that is on its way.
var errAbandoned = errors.New("the answer was abandoned")

// try runs a job once. The error says why for all verdicts but the first two.
func (c *conn) try(mains []pgsql.Statement) (verdict, error) {
	x := c.exchange
	x.script.write(x.job, mains, &c.cleaning, c.suspect)
	if err := c.prepare(0); err != nil {
		c.broken = c.broken || len(c.riders) > 0 // they believe to be sent
		return refused, err
	}
	c.suspect = c.suspect || x.job.Dynamic && x.settings.Prepared
	c.reader.received = false
	return c.conclude(c.roundTrip())
}

// conclude looks at what became of a try whose answers were read until err.
func (c *conn) conclude(err error) (verdict, error) {
	x := c.exchange
	switch {
	case errors.Is(err, errStreaming):
		if x.check(); x.objection == nil {
			return streaming, nil
		}
		err = errAbandoned
	case err == nil && x.script.held:
		err = c.decide()
	case x.mainDone && x.mistake == nil:
		x.check()
	}
	c.broken = c.broken || err != nil
	c.dirty = c.dirty || len(x.refusals) > 0 || x.fault != nil && x.job.ReadOnly && !x.job.pure()
	return x.judge(err, c.used && !c.reader.received)
}

// decide ends the transaction of a write as its check wants.
func (c *conn) decide() error {
	x := c.exchange
	if x.fault == nil && x.mistake == nil {
		x.check()
	}
	end := sqlCommit
	if x.fault != nil || x.mistake != nil || x.objection != nil {
		end = sqlRollback
	}
	first := len(x.script.steps)
	x.script.end(x.job, end, &c.cleaning)
	if err := c.prepare(first); err != nil {
		return err
	}
	return c.roundTrip()
}
