package exec

import (
	"io"

	"trunkline/gateway/exec/session"
)

// Result is the answer of a job. It belongs to the caller until Release, and so do its byte slices.
type Result struct {
	session.Answer
	// Stream yields the body if it is streamed: exactly StreamSize bytes, or as many as there are if that is -1; then the
	// statement is still running, and may fail, which is an error of Stream. The connection is given back when Stream is
	// closed. Stream is an io.WriterTo too.
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

// Release gives the result back. Neither it nor its byte slices may be used any more, except for a body that was
// appended to Job.Dst. A stream lives on until it is closed.
func (r *Result) Release() {
	pool := r.pool
	r.Answer.Reset()
	r.Stream, r.pool = nil, nil
	pool.results.Put(r)
}
