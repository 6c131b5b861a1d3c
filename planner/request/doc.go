// Package request turns the parts of an HTTP request into typed syntax: the query string's grammar (select,
// filters, logic trees, order, limits), the Prefer, Range and Accept headers, the resource and what the method
// does to it, and the shape of the body.
//
// It is pure: no I/O, no knowledge of the schema, of HTTP servers or of SQL. Everything that it cannot parse is an
// [apierr.Error]; nothing is skipped. The grammar and its error messages are PostgREST's (docs/references/api of
// PostgREST v16).
//
// A value's bytes may be views of the buffers in [Input]; they are valid for as long as those are.
package request
