// Package etag makes the entity tags of representations, and compares them with the conditions of requests (RFC 9110,
// sections 8.8.3 and 13.1). It knows neither HTTP servers nor the database: what is done because of a condition is for
// package gateway to decide.
package etag
