// Package gateway is the front end: the HTTP server and the way of a request through authentication, parsing,
// planning, rendering and execution to the response. It is the only package that knows fasthttp.
package gateway
