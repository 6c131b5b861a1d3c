package gateway

import (
	"bufio"
	"fmt"
	"net"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/socket"
)

// A body of unknown size is sent in chunks. HTTP/1.0 does not support them: the body ends with the connection (RFC
// 9112, section 6.3). The HTTP library does not support that, so the connection is hijacked.

// identity is the content length which means that the connection is closed after the body.
const identity = -2

// setEndless makes a stream of unknown size the body of an answer to an HTTP/1.0 client.
func (a *answer) setEndless(http *fasthttp.RequestCtx, s *bodyStream) {
	a.beginStream(s)
	a.response.Header.SetContentLength(identity)
	http.HijackSetNoResponse(true)
	http.Hijack(func(c net.Conn) {
		complete := false
		defer func() {
			if p := recover(); p != nil {
				s.log.Error(fmt.Sprint(p), "stack", string(debug.Stack()))
			}
			if !complete {
				reset(c)
			}
		}()
		complete = sendEndless(c, &http.Response.Header, s) == nil
	})
}

// sendEndless sends an answer and its body.
func sendEndless(c net.Conn, head *fasthttp.ResponseHeader, s *bodyStream) (err error) {
	w := bufio.NewWriterSize(c, writeBufferSize)
	if err = head.Write(w); err == nil {
		_, err = s.WriteTo(w)
	}
	if closing := s.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = w.Flush()
	}
	return err
}

// reset makes the network report that the answer is incomplete, because closing the connection would look like the end
// of the body.
func reset(c net.Conn) {
	hijacked, ok := c.(interface{ UnsafeConn() net.Conn })
	if !ok {
		return
	}
	if client, ok := hijacked.UnsafeConn().(*socket.Conn); ok {
		client.ResetOnClose()
	}
}
