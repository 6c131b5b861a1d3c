// Package apierr is the one catalogue of API errors: a constructor for each PGRSTxxx code, and the mapping from
// SQLSTATE to HTTP status (PostgREST documentation, Errors). Errors are values of one type; one function of the
// gateway writes them to the wire. Nothing is matched by text outside this package.
package apierr
