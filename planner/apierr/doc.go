// Package apierr is the catalogue of API errors: a constructor for each PGRSTxxx code, and the mapping from SQLSTATE to
// HTTP status (PostgREST documentation, Errors). All errors are of one type, which one function of the gateway writes
// as a response. No error is matched by its text outside of this package.
package apierr
