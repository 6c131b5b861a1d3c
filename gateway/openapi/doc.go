// Package openapi describes an exposed schema as an API, in OpenAPI 2.0 as PostgREST does, and in OpenAPI 3.1. It also
// contains the files of a page that displays the latter.
//
// The package does no I/O: the caller provides the relations and routines that the requesting role may see, and gets a
// JSON document.
package openapi
