package gateway

import (
	"strings"

	"github.com/valyala/fasthttp"

	"trunkline/planner/apierr"
)

// answer is the head of a response while it is written. Headers that the database has set stand in for those of the
// gateway.
type answer struct {
	response  *fasthttp.Response
	status    int
	overrides []field
	// buffer is the response's own, into which the body is read; nil while it is with the database.
	buffer  []byte
	scratch []byte
	// streaming is set if the body is a stream.
	streaming bool
}

// reset forgets the response and keeps the buffer.
func (a *answer) reset() { *a = answer{scratch: a.scratch[:0]} }

// override takes the settings response.status and response.headers.
func (a *answer) override(status, headers []byte) (err *apierr.Error) {
	if a.status, err = parseResponseStatus(status, 0); err != nil {
		return err
	}
	a.overrides, err = parseResponseHeaders(headers)
	return err
}

// setStatus sets the status, unless the database has.
func (a *answer) setStatus(status int) {
	if a.status != 0 {
		status = a.status
	}
	a.response.SetStatusCode(status)
}

// set sets a header, unless the database has.
func (a *answer) set(name, value string) {
	for i := range a.overrides {
		if strings.EqualFold(a.overrides[i].name, name) {
			return
		}
	}
	a.response.Header.Add(name, value)
}

// setAppended sets a header to what appendValue appends, unless that is nothing.
func (a *answer) setAppended(name string, appendValue func(dst []byte) []byte) {
	if a.scratch = appendValue(a.scratch[:0]); len(a.scratch) > 0 {
		a.set(name, text(a.scratch))
	}
}

// newBody is the size of a new buffer for bodies, keptBody that up to which it is used again.
const (
	newBody  = 4 << 10
	keptBody = 64 << 10
)

// takeBuffer takes the response's buffer, so that the body can be read into it. It is empty, but never nil.
func (a *answer) takeBuffer() []byte {
	if a.buffer = a.response.SwapBody(nil); a.buffer == nil {
		a.buffer = make([]byte, 0, newBody)
	}
	return a.buffer[:0]
}

// restoreBuffer gives the response's buffer back if no body came.
func (a *answer) restoreBuffer() {
	if a.buffer != nil {
		a.response.SwapBody(a.buffer)
	}
}

// setBody makes body, which was appended to the buffer, the response's body. One that has outgrown the buffer is
// forgotten after it was sent.
func (a *answer) setBody(body []byte) {
	if cap(body) <= keptBody {
		a.response.SwapBody(body)
		return
	}
	a.response.SwapBody(a.buffer)
	a.response.SetBodyRaw(body)
}

// setStream makes a stream of size bytes the response's body, or of unknown size if that is negative.
func (a *answer) setStream(s *bodyStream, size int64) {
	a.beginStream(s)
	a.response.SetBodyStream(s, int(size))
}

// beginStream tells whom it concerns that the body is a stream.
func (a *answer) beginStream(s *bodyStream) {
	a.restoreBuffer()
	a.streaming = true
	if s.client != nil {
		s.client.SetStreaming(true)
	}
}

// addOverrides adds the headers that the database has set.
func (a *answer) addOverrides() {
	for _, f := range a.overrides {
		a.response.Header.Add(f.name, f.value)
	}
}
