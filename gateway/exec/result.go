package exec

import (
	"io"

	"trunkline/gateway/exec/session"
)

// Result is the answer of a job. It and its byte slices belong to the caller until Release.
type Result struct {
	session.Answer
	// Stream returns the body if it is streamed: exactly StreamSize bytes. If StreamSize is -1, the size is not known
	// because the statement is still running, and its failure is an error of Stream. The connection is returned when
	// Stream is closed. Stream is also an io.WriterTo.
	Stream io.ReadCloser

	pool *Pool
}

// result returns an empty result.
func (p *Pool) result() *Result {
	r, ok := p.results.Get().(*Result)
	if !ok {
		r = new(Result)
	}
	r.pool = p
	return r
}

// Release returns the result. Neither it nor its byte slices may be used afterwards, except for a body that was
// appended to Job.Dst. A stream remains valid until it is closed.
func (r *Result) Release() {
	pool := r.pool
	r.Answer.Reset()
	r.Stream, r.pool = nil, nil
	pool.results.Put(r)
}
