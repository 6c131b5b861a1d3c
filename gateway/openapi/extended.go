package openapi

import (
	"cmp"
	"slices"
	"strings"

	"trunkline/cache"
)

// What the gateway understands beyond PostgREST, if it is configured so.

// extended returns a part of a description that is true only if URLs have extensions.
func (in *Input) extended(text string) string {
	if !in.Extensions {
		return ""
	}
	return text
}

// related is a relationship as a filter names it: with a hint if several lead to the same relation.
type related struct {
	name string
	rows string // the relation of the related rows
}

// relate finds what related rows each relation can be filtered by: those of relations that can be read.
func relate(relations []*relation) {
	readable := readableRelations(relations)
	for _, r := range relations {
		if r.readable {
			r.related = relatedTo(r, readable)
		}
	}
}

// relatedTo returns the relationships of a relation, without computed ones, whose functions are not examined here,
// without those whose name would need quotes, and without those of a relation with itself, of which only one direction
// has a name.
func relatedTo(r *relation, readable map[cache.QualifiedName]bool) (all []related) {
	count := make(map[cache.QualifiedName]int)
	for _, rel := range r.relationships {
		count[rel.Foreign]++
	}
	for _, rel := range r.relationships {
		found := related{rel.Foreign.Name, rel.Foreign.Name}
		if count[rel.Foreign] > 1 {
			found.name += "!" + hint(rel)
		}
		if rel.Cardinality != cache.Computed && !rel.Self && readable[rel.Foreign] && isPlain(found.name) && !slices.Contains(all, found) {
			all = append(all, found)
		}
	}
	slices.SortFunc(all, func(a, b related) int { return cmp.Compare(a.name, b.name) })
	return all
}

// hint returns what distinguishes a relationship from others with the same relation.
func hint(r *cache.Relationship) string {
	if r.Junction != nil {
		return r.Junction.Table.Name
	}
	return r.Constraint
}

// isPlain reports whether a name, with its hint, needs no quotes.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isWord(c) && c != '!' {
			return false
		}
	}
	return name != "" && !strings.HasSuffix(name, "!")
}

// exists and satisfies are the names of the components of a relation's filters by related rows.
func (f related) exists(r *relation) string    { return "related-" + r.id + "-" + identifier(f.name) }
func (f related) satisfies(r *relation) string { return f.exists(r) + "-and" }

// parameters describes the two filters.
func (f related) parameters(r *relation) object {
	kind := object{{"type", "string"}}
	return object{
		{f.exists(r), parameter31(f.name+"()", "query", "Whether there are related rows of "+f.rows, kind, "not.is.null")},
		{f.satisfies(r), parameter31(f.name+"(and)", "query",
			"Conditions that a single related row of "+f.rows+" must match; a condition on one column can also be written as "+f.name+"(column)",
			kind, "(id.gt.1)")},
	}
}

// planTypes are the media types that show how a request is answered: its SQL, or PostgreSQL's execution plan.
func planTypes() object {
	return object{
		{"application/vnd.pgrst.sql", text31()},
		{"application/vnd.pgrst.plan+text", text31()},
		{"application/vnd.pgrst.plan+json", object{{"schema", arrayOf(object{{"type", "object"}})}}},
	}
}

// explained adds what shows how the request is answered to its responses, if that is allowed.
func (in *Input) explained(responses object) object {
	if !in.Plans {
		return responses
	}
	for i := range responses {
		if responses[i].name == "200" {
			responses[i].value = withPlans(responses[i].value.(object))
			return responses
		}
	}
	return append(object{{"200", withPlans(object{{"description", "The execution plan of the request, if Accept asks for it"}})}}, responses...)
}

func withPlans(response object) object {
	for i := range response {
		if response[i].name == "content" {
			response[i].value = append(response[i].value.(object), planTypes()...)
			return response
		}
	}
	return append(response, member{"content", planTypes()})
}
