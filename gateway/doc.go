// Package gateway is the front end: the HTTP server and the way of a request through its stages to the answer. It is
// the only package that knows fasthttp.
//
//	socket → fasthttp → router → begin → authenticate → parse → plan → render → execute → respond → end
//
// [Handler] is that way; its method answer shows it on one screen. What a request depends on is loaded once, when it
// begins: a snapshot of the schema and the [settings] of one configuration. Everything that belongs to a request is in
// an [exchange], which is used again for another: nothing of it may be kept.
//
// [Server] runs the handler on a listener and ends without cutting anybody off. Before the HTTP library sees a byte of
// a connection, package socket has checked it; a request ends with its client by the context of its [socket.Conn], with
// which exec cancels the statement.
//
// [Admin] is the server for operators. What a request may do, which SQL it becomes and how that is run are the matter
// of other packages.
package gateway
