package planner

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner/apierr"
)

// findRelationship returns the single relationship from parent that matches child's name and hint.
func (p *planning) findRelationship(parent, child *ReadNode) (*cache.Relationship, *apierr.Error) {
	return FindRelationship(p.snap, parent.From, child.Name, child.hint, p.req.Schema)
}

// FindRelationship returns the single relationship from a relation to those of a schema that matches a name and a hint,
// which may be "".
func FindRelationship(snap *cache.Snapshot, from cache.QualifiedName, target, hint, schema string) (*cache.Relationship, *apierr.Error) {
	all, _ := snap.Relationships(from, schema)
	var found *cache.Relationship
	for _, rel := range all {
		if !matches(rel, target, hint) {
			continue
		}
		if found != nil {
			return nil, ambiguous(all, from, target, hint)
		}
		found = rel
	}
	if found == nil {
		suggestion := suggestRelationship(snap, from, target, schema)
		return nil, apierr.UnknownRelationship(from.Name, target, hint, schema, suggestion)
	}
	return found, nil
}

// matches reports whether an embed called target, with a hint or "", can refer to rel.
//
// The target is the foreign relation, or a computed relationship's function. Without a hint it may also be the foreign
// key or its only column, unless the foreign relation is a view. The hint is the foreign key, its only column on either
// side, or the junction.
func matches(rel *cache.Relationship, target, hint string) bool {
	if rel.Cardinality == cache.Computed {
		return rel.Function.Name == target
	}
	if rel.Self {
		return matchesSelf(rel, target, hint)
	}
	from, to := onlyColumns(rel)
	if hint == "" {
		return rel.Foreign.Name == target || !rel.ForeignIsView && (named(rel.Constraint, target) || named(from, target))
	}
	return rel.Foreign.Name == target &&
		(named(rel.Constraint, hint) || named(from, hint) || named(to, hint) || hasJunction(rel, hint))
}

// matchesSelf is matches for a relation that references itself. One key then has two relationships: the relation's name
// means the rows that reference this one, the key's column means the row that this one references. A hint is the column
// by which the others reference it.
func matchesSelf(rel *cache.Relationship, target, hint string) bool {
	from, to := onlyColumns(rel)
	toMany := rel.Cardinality == cache.OneToMany && rel.Foreign.Name == target
	if hint == "" {
		return toMany || rel.Cardinality == cache.ManyToOne && named(from, target)
	}
	return toMany && named(to, hint)
}

// onlyColumns returns the columns of a single-column foreign key, of the relationship's Table and of its Foreign.
func onlyColumns(rel *cache.Relationship) (from, to string) {
	if len(rel.Columns) != 1 {
		return "", ""
	}
	return rel.Columns[0].From, rel.Columns[0].To
}

func hasJunction(rel *cache.Relationship, hint string) bool {
	return rel.Junction != nil && rel.Junction.Table.Name == hint
}

// named reports whether s is name and not empty.
func named(s, name string) bool { return s != "" && s == name }

// ambiguous returns the error for an embed that matches all of several relationships.
func ambiguous(all []*cache.Relationship, from cache.QualifiedName, target, hint string) *apierr.Error {
	var candidates []apierr.RelationshipCandidate
	for _, rel := range all {
		if matches(rel, target, hint) {
			candidates = append(candidates, describe(rel))
		}
	}
	return apierr.AmbiguousRelationship(from.Name, target, candidates)
}

// describe describes rel to a client, with the hint that selects it.
func describe(rel *cache.Relationship) apierr.RelationshipCandidate {
	c := apierr.RelationshipCandidate{Embedding: rel.Table.Name + " with " + rel.Foreign.Name}
	switch rel.Cardinality {
	case cache.Computed:
		c.Cardinality = "one-to-many"
		if rel.SingleRow {
			c.Cardinality = "many-to-one"
		}
		c.Relationship = "function " + rel.Function.String()
		c.Hint = rel.Function.Name
		return c
	case cache.ManyToMany:
		j := rel.Junction
		c.Cardinality = "many-to-many"
		c.Relationship = j.Table.Name + " using " + j.Constraint1 + columnList(j.Source, false) +
			" and " + j.Constraint2 + columnList(j.Target, false)
		c.Hint = rel.Foreign.Name + "!" + j.Table.Name
		return c
	case cache.ManyToOne:
		c.Cardinality = "many-to-one"
	case cache.OneToMany:
		c.Cardinality = "one-to-many"
	case cache.OneToOne:
		c.Cardinality = "one-to-one"
	}
	c.Relationship = rel.Constraint + " using " + rel.Table.Name + columnList(rel.Columns, true) +
		" and " + rel.Foreign.Name + columnList(rel.Columns, false)
	c.Hint = rel.Foreign.Name + "!" + rel.Constraint
	return c
}

// columnList formats one side of pairs as "(a, b)".
func columnList(pairs []cache.ColumnPair, from bool) string {
	names := make([]string, len(pairs))
	for i, c := range pairs {
		names[i] = c.To
		if from {
			names[i] = c.From
		}
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// EmbedName returns the name by which an embed refers to one of a relation's relationships and to no other of them, and
// the hint that it needs, or "". It returns false if there is no such name.
func EmbedName(all []*cache.Relationship, rel *cache.Relationship) (target, hint string, ok bool) {
	from, to := onlyColumns(rel)
	type name struct{ target, hint string }
	names := []name{{rel.Foreign.Name, ""}, {rel.Foreign.Name, rel.Constraint}, {rel.Foreign.Name, from}, {rel.Foreign.Name, to}, {from, ""}}
	switch {
	case rel.Cardinality == cache.Computed:
		names = []name{{rel.Function.Name, ""}}
	case rel.Junction != nil:
		names = []name{{rel.Foreign.Name, ""}, {rel.Foreign.Name, rel.Junction.Table.Name}}
	}
	for _, n := range names {
		if onlyMatch(all, n.target, n.hint) == rel {
			return n.target, n.hint, true
		}
	}
	return "", "", false
}

// onlyMatch returns the only relationship that an embed can refer to, or nil.
func onlyMatch(all []*cache.Relationship, target, hint string) (found *cache.Relationship) {
	for _, rel := range all {
		if target == "" || !matches(rel, target, hint) {
			continue
		}
		if found != nil {
			return nil
		}
		found = rel
	}
	return found
}
