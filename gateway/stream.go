package gateway

import (
	"io"

	"trunkline/gateway/exec"
)

// stream is a body that passes from the database to the client. The HTTP server closes it when it has been sent, or
// when the client has gone.
type stream struct {
	result *exec.Result
	conn   *conn // nil if the request came otherwise
}

// Read reads from the database.
func (s *stream) Read(p []byte) (int, error) {
	return s.result.Stream.Read(p) //nolint:wrapcheck // the server looks at it
}

// WriteTo hands the body on without a buffer between.
func (s *stream) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, s.result.Stream) //nolint:wrapcheck // the server looks at it
}

// Close gives the connection and the result back.
func (s *stream) Close() error {
	err := s.result.Stream.Close()
	s.result.Release()
	if s.conn != nil {
		s.conn.streaming.Store(false)
		s.conn.finish()
	}
	return err //nolint:wrapcheck // the server looks at it
}
