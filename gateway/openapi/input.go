package openapi

import (
	"cmp"
	"slices"
	"strings"

	"trunkline/cache"
)

// Input is the input of a description.
type Input struct {
	// Tables and Routines are those that the requesting role may use, in any order.
	Tables   []*cache.Table
	Routines []*cache.Routine
	// Relationships returns the relationships of a relation with others in its schema.
	Relationships func(cache.QualifiedName) []*cache.Relationship
	// EmbedName returns the name by which an embed refers to one of a relation's relationships, and the hint that it
	// needs, or "". It returns false if there is none. If it is nil, [OpenAPI31] does not say what can be embedded.
	EmbedName func(all []*cache.Relationship, rel *cache.Relationship) (target, hint string, ok bool)
	// Comment is the schema's comment, or "". Its first line is the title, the rest the description.
	Comment string
	// Server is the address at which clients reach the API.
	Server Server
	// Version is the gateway's version, DocsURL the address of its documentation.
	Version, DocsURL string
	// Security adds the bearer token as a security requirement.
	Security bool
	// Privileges returns the privileges of the requesting role on a relation. If it is nil, privileges are ignored.
	// [Swagger] does not use it, because it shows what PostgREST shows.
	Privileges func(cache.QualifiedName) Privileges
	// Plans adds execution plans and the SQL of requests to what can be answered, and Extensions the filters and orders
	// that only URLs of this gateway can have. [Swagger] shows neither.
	Plans, Extensions bool
	// Batches is the maximum number of operations of a batch, 0 if there are no batches. [Swagger] does not show them.
	Batches int
	// ETags is set if there are entity tags and conditions, Keys if Idempotency-Key counts. [Swagger] shows neither.
	ETags, Keys bool
	// Schemas are the exposed schemas, the default one first. If there are several, [OpenAPI31] includes the headers
	// that select one.
	Schemas []string
}

// Server is the public address of the API.
type Server struct {
	Scheme, Host, BasePath string
	Port                   int
}

// sortedTables returns the relations sorted by name.
func (in *Input) sortedTables() []*cache.Table {
	return slices.SortedFunc(slices.Values(in.Tables), func(a, b *cache.Table) int {
		return a.Name.Compare(b.Name)
	})
}

// sortedRoutines returns the routines sorted by name. A document can have only one operation per path and method, so
// that of several overloads only the one that PostgREST shows is returned: the one with the most parameters, and of
// several such the last by comment, then by names and types of the parameters.
func (in *Input) sortedRoutines() []*cache.Routine {
	all := slices.SortedStableFunc(slices.Values(in.Routines), func(a, b *cache.Routine) int {
		return cmp.Or(a.Name.Compare(b.Name), cmp.Compare(len(b.Params), len(a.Params)),
			strings.Compare(b.Description, a.Description), slices.CompareFunc(b.Params, a.Params, compareParams))
	})
	return slices.CompactFunc(all, func(a, b *cache.Routine) bool { return a.Name == b.Name })
}

func compareParams(a, b cache.Param) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Type, b.Type))
}

// summary splits a comment into its first line and the rest, without leading line breaks.
func summary(comment string) (first, rest string) {
	first, rest, _ = strings.Cut(comment, "\n")
	return first, strings.TrimLeft(rest, "\n")
}
