// Package request turns the parts of an HTTP request into typed syntax: the query string's grammar (select,
// filters, logic trees, order, limits), the Prefer, Range and Accept headers, the resource and what the method
// does to it, and the shape of the body.
//
// It is pure: no I/O, no knowledge of the schema, of HTTP servers or of SQL. Everything that it cannot parse is an
// [apierr.Error]; nothing is skipped. The grammar and its error messages are PostgREST's (docs/references/api of
// PostgREST v16).
//
// The stages of [Parse]:
//
//	headers, path, method   → schema, resource, action     (resource.go)
//	query string            → parameters                   (urldecode.go)
//	parameters              → Query                        (query.go and a file for each kind)
//	limit, offset, Range    → Range                        (range.go, window.go)
//	Prefer, Accept          → Preferences, media types     (prefer.go, accept.go, mediatype.go)
//	body                    → Payload and its keys         (payload.go, json.go, csv.go)
//
// The grammar of the parameters is a set of rules, methods of one scanner (scanner.go). Clients see the error texts of
// PostgREST's parser library, Parsec, so a text that does not parse is scanned again with a trace that keeps Parsec's
// error state (trace.go). Valid requests pay nothing for it.
//
// A value's bytes may be views of the buffers in [Input]; they are valid for as long as those are.
package request
