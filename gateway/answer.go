package gateway

import (
	"strings"

	"github.com/valyala/fasthttp"

	"trunkline/planner/apierr"
)

// answer is the head of a response while it is written. Headers set by the database take precedence over the gateway's.
type answer struct {
	response  *fasthttp.Response
	status    int
	overrides []field
	// buffer is the response's own buffer, into which the body is read, or nil if it was not taken or has been returned.
	// A job may write to it until the request ends, or its answer is complete: until then nobody else may get it.
	buffer  []byte
	scratch []byte
	// streaming is set if the body is a stream, which stream is.
	streaming bool
	stream    *bodyStream
}

// reset clears the answer and keeps the buffer.
func (a *answer) reset() { *a = answer{scratch: a.scratch[:0]} }

// override applies the settings response.status and response.headers.
func (a *answer) override(status, headers []byte) (err *apierr.Error) {
	if a.status, err = parseResponseStatus(status, 0); err != nil {
		return err
	}
	a.overrides, err = parseResponseHeaders(headers)
	return err
}

// setStatus sets the status unless the database has set one.
func (a *answer) setStatus(status int) {
	if a.status != 0 {
		status = a.status
	}
	a.response.SetStatusCode(status)
}

// overridden reports whether the database has set a header.
func (a *answer) overridden(name string) bool {
	for i := range a.overrides {
		if strings.EqualFold(a.overrides[i].name, name) {
			return true
		}
	}
	return false
}

// set sets a header unless the database has set it.
func (a *answer) set(name, value string) {
	if !a.overridden(name) {
		a.response.Header.Add(name, value)
	}
}

// setAppended sets a header to what appendValue appends, unless it appends nothing.
func (a *answer) setAppended(name string, appendValue func(dst []byte) []byte) {
	if a.scratch = appendValue(a.scratch[:0]); len(a.scratch) > 0 {
		a.set(name, text(a.scratch))
	}
}

// newBody is the size of new buffers for bodies, keptBody the maximum size of buffers that are reused.
const (
	newBody  = 4 << 10
	keptBody = 64 << 10
)

// takeBuffer takes the response's buffer, so that the body can be read into it. It is empty but never nil.
func (a *answer) takeBuffer() []byte {
	if a.buffer = a.response.SwapBody(nil); a.buffer == nil {
		a.buffer = make([]byte, 0, newBody)
	}
	return a.buffer[:0]
}

// restoreBuffer returns the response's buffer if there is no body, so that it is used for other responses later. No job
// may write to it any more.
func (a *answer) restoreBuffer() {
	if a.buffer != nil {
		a.response.SwapBody(a.buffer)
		a.buffer = nil
	}
}

// setBody makes body, which was appended to the buffer, the response's body. A body that has outgrown the buffer is
// dropped after it was sent.
func (a *answer) setBody(body []byte) {
	if cap(body) <= keptBody {
		a.response.SwapBody(body)
		return
	}
	a.setForeignBody(body)
}

// setForeignBody makes body, which has nothing to do with the buffer, the response's body. The response must not have the
// buffer then, which it would pass on to others at once: if the transaction of a keyed request is tried again, the jobs
// use it again.
func (a *answer) setForeignBody(body []byte) {
	a.response.SwapBody(nil)
	a.response.SetBodyRaw(body)
}

// setStream makes a stream of size bytes the response's body. A negative size means that it is not known.
func (a *answer) setStream(s *bodyStream, size int64) {
	a.beginStream(s)
	a.response.SetBodyStream(s, int(size))
}

// beginStream informs the connection and the log that the body is a stream.
func (a *answer) beginStream(s *bodyStream) {
	a.restoreBuffer()
	a.streaming, a.stream = true, s
	if s.client != nil {
		s.client.SetStreaming(true)
	}
}

// addOverrides adds the headers set by the database.
func (a *answer) addOverrides() {
	for _, f := range a.overrides {
		a.response.Header.Add(f.name, f.value)
	}
}
