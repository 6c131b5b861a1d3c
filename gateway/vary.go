package gateway

import "net/http"

// vary is what answers depend on that Vary names besides Accept, Prefer and Range (RFC 9110, section 12.5.5). It is a field
// line of its own, so that the usual one is PostgREST's. Errors have it too, for caches may keep some of them.
type vary struct{ reads, writes string }

// newVary returns what answers depend on: the origin, without which an answer has nothing for scripts, and the profile if
// there are several schemas. Without complete, which caches in front need, it is nothing, as with PostgREST.
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
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return v.reads
	default:
		return v.writes
	}
}
