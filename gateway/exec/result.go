package exec

import "io"

// Result is the answer of a job. It belongs to the caller until Release, and so do its byte slices.
type Result struct {
	// Total is the number of rows without limit and offset; PageTotal those of this answer.
	Total        int64
	HasTotal     bool
	PageTotal    int64
	HasPageTotal bool
	// Planned is the planner's estimate of the total, if Job.Explain asked for it.
	Planned    int64
	HasPlanned bool

	// ResponseHeaders and ResponseStatus are the settings of these names; nil if unset.
	ResponseHeaders, ResponseStatus []byte
	// Location holds key=operator.value of a new row.
	Location    []string
	Inserted    int64
	HasInserted bool

	// Body is Job.Dst with the body appended. If the body is streamed, Body is nil, Stream yields exactly StreamSize
	// bytes, and the connection is given back when Stream is closed. Stream is an io.WriterTo too. If StreamSize is -1,
	// nobody knows the size, and the statement is still running: it may fail, which an error of Stream tells.
	Body       []byte
	Stream     io.ReadCloser
	StreamSize int64

	pool *Pool
	// head holds the text of ResponseHeaders and ResponseStatus, own the body if there was no Job.Dst.
	head, own []byte
	isOwn     bool
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
	if r.isOwn {
		r.own = r.Body
	}
	if cap(r.own) > keptBuffer {
		r.own = nil
	}
	if cap(r.head) > keptBuffer {
		r.head = nil
	}
	*r = Result{head: r.head[:0], own: r.own[:0]}
	pool.results.Put(r)
}

// restart empties the result before a try.
func (r *Result) restart(dst []byte) {
	*r = Result{pool: r.pool, head: r.head[:0], own: r.own[:0], Body: dst}
	if dst == nil {
		r.Body, r.isOwn = r.own, true
	}
}

// keep copies a text that has to outlive the connection's read buffer.
func (r *Result) keep(text []byte) []byte {
	start := len(r.head)
	r.head = append(r.head, text...)
	return r.head[start:len(r.head):len(r.head)]
}
