package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"trunkline/gateway/exec"
	"trunkline/gateway/journal"
	"trunkline/gateway/socket"
)

// bodyStream is a body that is copied from the database to the client. The HTTP server closes it when it has been sent,
// or when the client has disconnected.
type bodyStream struct {
	result *exec.Result
	client *socket.Conn    // nil if the request came from another server
	ctx    context.Context // ends when the answer is not wanted any more
	log    *slog.Logger
	what   string // method and target of the request
	sent   int64  // bytes
	// report is called when the stream is closed, unless it is nil.
	report func(sent int64, aborted bool)
}

// setStream makes the result's stream the response's body.
func (x *exchange) setStream(r *exec.Result) {
	s := &bodyStream{
		result: r, client: x.client, ctx: x.context(), log: x.log,
		what: x.input.Method + " " + string(x.http.Request.Header.RequestURI()),
	}
	if r.StreamSize < 0 && !x.http.Request.Header.IsHTTP11() {
		x.answer.setEndless(x.http, s)
		return
	}
	x.answer.setStream(s, r.StreamSize)
}

// errMistake is returned for a panic while a body is sent.
var errMistake = errors.New("internal error")

// guard converts a panic into an error: a body is sent after the handler has returned, where nothing else recovers.
func (s *bodyStream) guard(err *error) {
	if p := recover(); p != nil {
		s.log.Error(fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = errMistake
	}
}

// Read reads from the database.
func (s *bodyStream) Read(p []byte) (n int, err error) {
	defer s.guard(&err)
	n, err = s.result.Stream.Read(p)
	s.sent += int64(n)
	return n, err
}

// WriteTo writes the body to w without an intermediate buffer.
func (s *bodyStream) WriteTo(w io.Writer) (n int64, err error) {
	defer s.guard(&err)
	n, err = io.Copy(w, s.result.Stream)
	s.sent += n
	return n, err
}

// SupportsBodyWriteTo allows the server to write chunks as large as the pieces that arrive, see fasthttp.BodyWriterTo.
func (s *bodyStream) SupportsBodyWriteTo() bool { return true }

// release returns the connection and the result.
func (s *bodyStream) release() (err error) {
	defer s.guard(&err)
	err = s.result.Stream.Close()
	s.result.Release()
	return err
}

// Close returns the connection and the result. An error can only be logged, because the client has received at least
// the beginning of the answer.
func (s *bodyStream) Close() error {
	err := s.release()
	if err != nil && !exec.Abandoned(err) && s.ctx.Err() == nil {
		s.log.Log(s.ctx, journal.LevelFailure, "the answer to "+s.what+" broke off: "+err.Error())
	}
	if s.report != nil {
		s.report(s.sent, err != nil || s.ctx.Err() != nil)
	}
	if s.client != nil {
		s.client.SetStreaming(false)
		s.client.ReleaseBody()
		s.client.Finish()
	}
	return err
}
