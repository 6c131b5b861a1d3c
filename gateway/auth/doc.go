// Package auth decides under which database role a request runs: it verifies the bearer token (RFC 6750, RFC 7519),
// checks its claims and takes the role from them, or falls back to the anonymous role.
//
// An [Authenticator] is built for one configuration and then immutable but for its cache of verification results,
// which dies with it: a changed secret can never meet an old result. Keys come from the configuration, or from JWKS
// URLs that are fetched in the background and kept through an outage of the identity provider.
//
//	token ── cached? ──────────────────────────────▶ claims in time? ──▶ Identity
//	           │ no                                       ▲
//	           └▶ header ▶ suitable keys ▶ signature ▶ claims, role ── cache
package auth
