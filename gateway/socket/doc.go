// Package socket is what stands between a listening socket and the HTTP server: it opens the socket ([Address]), limits
// the connections, and checks every byte that a client sends before the server reads it. It knows HTTP's framing and
// nothing of what requests mean.
//
//	Address.Listen → Set.Listener → Conn.Read: framing → HTTP server
//
// Requests that two servers could read differently are refused, so that no byte is ever taken for a second request.
//
// A connection whose client sends nothing for a second costs its sockets and little else: no goroutine waits for it, and
// no buffer is kept.
//
// A request ends with its client: the watcher looks at the sockets of the requests that run long, and the context of a
// connection whose client has gone ends. The executor asks a connection what its client has not taken and may cut it
// off.
package socket
