// Package openapi describes an exposed schema as an API: in OpenAPI 2.0 as PostgREST does, and in OpenAPI 3.1. It
// also holds the files of a page that shows the latter to people.
//
// It is pure: the caller brings the relations and routines that the asking role may see, and gets a JSON document.
package openapi
