// Package pgsql writes SQL. It is the only place in the project where SQL text is made, and a finished text is never
// edited.
//
// Everything goes through one writer, which takes constant text, names, and values. Constant text is a type of its
// own, to which only constants of this package convert by themselves; names are quoted; values are always parameters.
// What remains is what PostgreSQL itself has written into the catalog (types and default expressions), and the type of
// a cast that a request chose, which consists of letters, digits and spaces.
//
// The same shape of request gives the same bytes, so that prepared statements are found again: nothing here ranges
// over a map. Two numbers are part of the shape: db-max-rows, and the order of magnitude of a limit (see window.go).
//
// A statement that answers a request has this form, from which is left out what it does not need:
//
//	WITH pgrst_source AS (the mutation or call), pgrst_rows AS (the rows, if they are needed twice)
//	SELECT role, total, page total, response headers, response status, location, inserted, body
//	FROM (SELECT … FROM the relation or pgrst_source, its embeds joined or in subqueries …) pgrst_rows
//
// Answers in lines have a row for each line; see lines.go.
package pgsql
