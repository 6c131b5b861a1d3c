// Package pgsql writes SQL. It is the only package that creates SQL text, and finished text is never edited.
//
// Everything is written by one writer, which accepts constant text, names, and values. Constant text is a separate
// type, to which only constants of this package convert implicitly; names are quoted; values are parameters, but for
// those of the predicate of an index, which are quoted string constants. The remaining text is what PostgreSQL itself
// has written into the catalog (types and default expressions), and the type of a cast chosen by a request, which
// consists of letters, digits and spaces.
//
// The same shape of request gives the same bytes, so that prepared statements are reused: nothing here iterates over a
// map. Two numbers are part of the shape: db-max-rows, and the order of magnitude of a limit (see window.go).
//
// A statement that answers a request has this form, without the parts that it does not need:
//
//	WITH pgrst_source AS (the mutation or call), pgrst_rows AS (the rows, if they are needed twice)
//	SELECT role, total, page total, response headers, response status, location, inserted, body
//	FROM (SELECT … FROM the relation or pgrst_source, its embeds joined or in subqueries …) pgrst_rows
//
// Answers in lines have one row per line; see lines.go. Rows are aggregated by json_agg, or joined to text; see
// rowtext.go.
package pgsql
