package gateway

import (
	"net/http"

	"trunkline/planner/request"
)

// vary holds what Vary names besides Accept, Prefer and Range (RFC 9110, section 12.5.5). It is sent as a separate
// field line, so that the usual one is PostgREST's. Errors have it too, because caches may store some of them.
type vary struct{ reads, writes string }

// newVary returns the headers that answers depend on: the origin, and the profile if there are several schemas. If
// complete is not set, it is empty, as in PostgREST.
func newVary(complete bool, schemas []string) vary {
	const origin = "Origin"
	switch {
	case !complete:
		return vary{}
	case len(schemas) <= 1:
		return vary{origin, origin}
	}
	return vary{reads: origin + ", Accept-Profile", writes: origin + ", Content-Profile"}
}

// of returns what the answers to requests of a method depend on.
func (v *vary) of(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, request.MethodQuery:
		return v.reads
	default:
		return v.writes
	}
}
