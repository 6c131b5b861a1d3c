// Package auth determines the database role of a request. It verifies the bearer token (RFC 6750, RFC 7519), checks its
// claims and takes the role from them, or falls back to the anonymous role.
//
// An [Authenticator] belongs to one configuration. It is immutable except for its cache of verification results, so
// that a changed secret is never used with an old result. Keys come from the configuration, or from JWKS URLs that are
// fetched in the background and kept while the identity provider is unavailable.
//
//	token ── cached? ──────────────────────────────▶ claims in time? ──▶ Identity
//	           │ no                                       ▲
//	           └▶ header ▶ suitable keys ▶ signature ▶ claims, role ── cache
package auth
