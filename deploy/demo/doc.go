// Package demo serves a sample database through the gateway. It finds or fetches PostgreSQL, starts a private cluster,
// fills it the first time, runs the gateway, and prints requests to try. It is for trying the gateway out, and needs a
// Unix.
//
// It uses localpg, which is not meant for production: no other package of the executable may.
package demo
