// Package planner resolves a request's syntax against a schema snapshot: which relations, columns and types the names
// refer to, how embedded relations are joined, what a write sets, which overload of a routine is called, which media
// type the answer has. The result is a [Plan], from which package pgsql writes SQL.
//
//	request, snapshot
//	   │ relation, or overload of a routine     planner.go, overload.go
//	   ▼
//	tree of named nodes                         tree.go
//	   │ paths of filters, orders, ranges       path.go
//	   │ relationships and joins                embed.go, relationship.go
//	   │ fields, orders, conditions, windows    selection.go, field.go, order.go, condition.go, rows.go
//	   │ aggregates and orders of spreads       spread.go
//	   ▼
//	read tree ─▶ mutation or call               mutation.go, call.go, returning.go
//	   │ media type, preferences                negotiate.go
//	   ▼
//	 plan
//
// Errors for unknown names contain suggestions (suggest.go, fuzzy.go).
//
// The package does no I/O and knows neither HTTP nor SQL text. A plan refers to the snapshot and to the request's
// values, and lives as long as the request.
package planner
