// Package auth decides under which database role a request runs: it verifies the bearer token (RFC 6750, RFC 7519),
// checks its claims and takes the role from them, or falls back to the anonymous role.
package auth
