// Package socket sits between a listening socket and the HTTP server. It opens the socket ([Address]), limits the
// connections, and checks every byte that a client sends before the server reads it. It implements HTTP's framing and
// does not interpret requests.
//
//	Address.Listen → Set.Listener → Conn.Read: framing → HTTP server
//
// Requests that two servers could parse differently are refused, so that no byte can be taken for a second request.
//
// A connection whose client sends nothing for a second costs little more than its sockets: it has neither a goroutine
// nor a buffer.
//
// A request ends with its client: the watcher checks the sockets of requests that run for long, and ends the context of
// a connection whose client has disconnected. The executor asks a connection how much its client has not received, and
// may close it.
package socket
