// Package pgsql writes SQL. It is the only place in the project where SQL text is made, and a finished text is never
// edited. Everything goes through [Writer]: Ident for names, Param for values, and constant text. Values are always
// parameters.
//
// The same shape of request gives the same bytes, so that prepared statements are found again: nothing here ranges
// over a map.
package pgsql
