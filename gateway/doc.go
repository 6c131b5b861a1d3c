// Package gateway is the HTTP front end: the server and the stages of a request. It is the only package of the server
// that imports fasthttp.
//
//	socket → fasthttp → router → begin → authenticate → parse → plan → render → execute → respond → end
//
// [Handler] runs the stages, in its method answer. What a request depends on is loaded once, when it starts: a snapshot
// of the schema and the [settings] of one configuration. The state of a request is an [exchange], which is reused:
// nothing of it may be retained.
//
// [Server] runs the handler on a listener and shuts down without interrupting requests. Package socket checks the bytes
// of a connection before the HTTP library sees them. The context of a request's [socket.Conn] ends when its client
// disconnects, and exec then cancels the statement.
//
// [Admin] is the server for operators. Planning, rendering and executing requests are the concern of other packages.
package gateway
