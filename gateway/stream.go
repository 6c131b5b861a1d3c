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

// bodyStream is a body that passes from the database to the client. The HTTP server closes it when it has been sent, or
// when the client has gone.
type bodyStream struct {
	result *exec.Result
	client *socket.Conn    // nil if the request came otherwise
	ctx    context.Context // ends when nobody waits for the answer any more
	log    *slog.Logger
	what   string // method and target of the request
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

// errMistake is a mistake of our own while a body was sent.
var errMistake = errors.New("internal error")

// guard makes an error of a panic: a body is sent when the handler has returned, and nobody else recovers then.
func (s *bodyStream) guard(err *error) {
	if p := recover(); p != nil {
		s.log.Error(fmt.Sprint(p), "stack", string(debug.Stack()))
		*err = errMistake
	}
}

// Read reads from the database.
func (s *bodyStream) Read(p []byte) (n int, err error) {
	defer s.guard(&err)
	return s.result.Stream.Read(p)
}

// WriteTo hands the body on without a buffer between.
func (s *bodyStream) WriteTo(w io.Writer) (n int64, err error) {
	defer s.guard(&err)
	return io.Copy(w, s.result.Stream)
}

// SupportsBodyWriteTo lets the server write chunks as large as the pieces that come, see fasthttp.BodyWriterTo.
func (s *bodyStream) SupportsBodyWriteTo() bool { return true }

// release gives the connection to the database and the result back.
func (s *bodyStream) release() (err error) {
	defer s.guard(&err)
	err = s.result.Stream.Close()
	s.result.Release()
	return err
}

// Close gives the connection and the result back. What went wrong can only be logged: the client has its answer, or
// the beginning of it.
func (s *bodyStream) Close() error {
	err := s.release()
	if err != nil && !exec.Abandoned(err) && s.ctx.Err() == nil {
		s.log.Log(s.ctx, journal.LevelFailure, "the answer to "+s.what+" broke off: "+err.Error())
	}
	if s.client != nil {
		s.client.SetStreaming(false)
		s.client.ReleaseBody()
		s.client.Finish()
	}
	return err
}
