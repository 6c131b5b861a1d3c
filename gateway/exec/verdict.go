package exec

// verdict is what became of a try of a job.
type verdict uint8

const (
	// succeeded: the answer is complete and, if it wrote, committed.
	succeeded verdict = iota
	// streaming: all but the body is there.
	streaming
	// refused: the server, the check or the visitor refused. Nothing is committed.
	refused
	// outdated: a prepared statement was gone or no longer fitted the schema. Nothing is committed.
	outdated
	// tampered: a prepared statement of the connection is not the package's own. Nothing was done.
	tampered
	// unsent: the connection was lost before it took a byte, or before the server looked at any.
	unsent
	// silent: the connection, which had served others, was lost before it answered a byte to a read.
	silent
	// lost: the connection was lost, and nothing is committed.
	lost
	// unknown: the connection was lost on the way to the commit or back from it.
	unknown
)

// replaceable tells that nothing was done and that another connection may do better.
func (v verdict) replaceable() bool {
	return v == outdated || v == tampered || v == unsent || v == silent
}

// judge says what became of a try that ended with an error of the connection, or with none. Silence tells that a
// connection which had served others answered nothing.
func (x *exchange) judge(err error, silence bool) (verdict, error) {
	committing := x.commitSize > 0 && x.sent >= x.commitSize
	switch {
	case x.tampered:
		return tampered, errTampered
	case x.objection != nil:
		return refused, x.objection
	case x.committed && x.mistake == nil:
		return succeeded, nil
	case x.fault != nil && x.fault.outdated && !x.delivered:
		return outdated, x.fault
	case x.fault != nil && x.fault.fatal() && !x.begun:
		return unsent, x.fault
	case x.fault != nil && x.fault.fatal() && x.mainDone && committing:
		return unknown, x.fault
	case x.fault != nil:
		return refused, x.fault
	case x.mistake != nil:
		return refused, x.mistake
	case err == nil || x.mainDone && x.job.ReadOnly:
		return succeeded, nil
	case x.trips == 1 && x.sent == 0:
		return unsent, err
	case committing:
		return unknown, err
	case silence && x.job.ReadOnly:
		return silent, err
	default:
		return lost, err
	}
}
