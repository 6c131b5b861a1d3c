// Package request parses the parts of an HTTP request into typed syntax: the query string (select, filters, logic
// trees, order, limits), the Prefer, Range and Accept headers, the resource and the action of the method on it, and the
// shape of the body.
//
// The package does no I/O and knows neither the schema nor HTTP servers nor SQL. Everything that it cannot parse is an
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
// The grammar of the parameters is a set of rules, which are methods of one scanner (scanner.go). Clients see the error
// texts of PostgREST's parser library, Parsec, so text that does not parse is scanned again with a trace that maintains
// Parsec's error state (trace.go). Valid requests are scanned once.
//
// A value's bytes may be views of the buffers in [Input]; they are valid for as long as those are.
package request
