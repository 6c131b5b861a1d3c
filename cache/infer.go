package cache

import (
	"cmp"
	"slices"
)

// entries are the relationships from a relation to those of a schema.
type entries map[relationshipKey][]*Relationship

// touch adds an entry that may stay empty.
func (e entries) touch(key relationshipKey) {
	if _, ok := e[key]; !ok {
		e[key] = nil
	}
}

func (e entries) add(key relationshipKey, r *Relationship) { e[key] = append(e[key], r) }

// buildRelationships infers all relationships between exposed relations. A foreign key relates its two tables, and the
// views that show its columns, in both directions; a junction relates the tables that it references. Functions override
// inferred relationships of the same name. Each entry has a fixed order.
func buildRelationships(c *Catalog, views viewIndex, keys map[QualifiedName][]string) entries {
	direct := directRelationships(c, views)
	all := make(entries)
	all.addInferred(c, slices.Concat(direct, invert(direct), junctionRelationships(direct, keys)))
	all.addComputed(c)
	for _, relationships := range all {
		slices.SortFunc(relationships, compareRelationships)
	}
	return all
}

// addInferred adds the relationships that the API exposes and that no function overrides.
func (e entries) addInferred(c *Catalog, relationships []*Relationship) {
	overridden := overriddenNames(c)
	for _, r := range relationships {
		key := relationshipKey{r.Table, r.Foreign.Schema}
		switch {
		case !c.exposes(r.Table.Schema) || !c.exposes(r.Foreign.Schema):
		case overridden[overriddenName{r.Table, r.Foreign}]:
		case r.Junction != nil && !c.exposes(r.Junction.Table.Schema):
			e.touch(key)
		default:
			e.add(key, r)
		}
	}
}

// directRelationships returns the relationships of all foreign keys, from the relation that has the key, to exposed
// relations.
func directRelationships(c *Catalog, views viewIndex) []*Relationship {
	var direct []*Relationship
	for i := range c.ForeignKeys {
		for _, r := range views.foreignKeyRelationships(&c.ForeignKeys[i]) {
			if c.exposes(r.Foreign.Schema) {
				direct = append(direct, r)
			}
		}
	}
	return direct
}

// invert returns the relationships in the other direction.
func invert(direct []*Relationship) []*Relationship {
	inverse := make([]*Relationship, len(direct))
	for i, r := range direct {
		inverse[i] = &Relationship{
			Table: r.Foreign, Foreign: r.Table,
			Cardinality:   OneToMany,
			Self:          r.Self,
			Constraint:    r.Constraint,
			Columns:       swapColumns(r.Columns),
			TableIsView:   r.ForeignIsView,
			ForeignIsView: r.TableIsView,
		}
		if r.Cardinality == OneToOne {
			inverse[i].Cardinality, inverse[i].Referenced = OneToOne, true
		}
	}
	return inverse
}

// junctionRelationships returns the many-to-many relationships: for each relation with two foreign keys that are both
// part of its primary key, those between the relations that they reference.
func junctionRelationships(direct []*Relationship, keys map[QualifiedName][]string) []*Relationship {
	legs := make(map[QualifiedName][]*Relationship)
	for _, r := range direct {
		if r.Cardinality == ManyToOne && withinKey(r.Columns, keys[r.Table]) {
			legs[r.Table] = append(legs[r.Table], r)
		}
	}
	var all []*Relationship
	for _, of := range legs {
		for _, source := range of {
			for _, target := range of {
				if source.Constraint != target.Constraint {
					all = append(all, join(source, target))
				}
			}
		}
	}
	return all
}

// join returns the many-to-many relationship through a junction that references both ends.
func join(source, target *Relationship) *Relationship {
	return &Relationship{
		Table: source.Foreign, Foreign: target.Foreign,
		Cardinality:   ManyToMany,
		Self:          source.Foreign == target.Foreign,
		TableIsView:   source.ForeignIsView,
		ForeignIsView: target.ForeignIsView,
		Junction: &Junction{
			Table:       source.Table,
			Constraint1: source.Constraint, Constraint2: target.Constraint,
			Source: swapColumns(source.Columns), Target: swapColumns(target.Columns),
		},
	}
}

// withinKey reports whether all From columns belong to the key.
func withinKey(columns []ColumnPair, key []string) bool {
	return !slices.ContainsFunc(columns, func(c ColumnPair) bool { return !slices.Contains(key, c.From) })
}

// overriddenName is what a computed relationship overrides: the relationships from a table to the relation that has
// the function's name.
type overriddenName struct{ table, name QualifiedName }

func overriddenNames(c *Catalog) map[overriddenName]bool {
	names := make(map[overriddenName]bool, len(c.ComputedRelationships))
	for _, r := range c.ComputedRelationships {
		names[overriddenName{r.Table, r.Function}] = true
	}
	return names
}

// addComputed adds the computed relationships. They belong to the entry of the function's schema, not of the foreign
// relation's, because they are embedded by the function's name.
func (e entries) addComputed(c *Catalog) {
	for _, r := range c.ComputedRelationships {
		key := relationshipKey{r.Table, r.Function.Schema}
		switch {
		case !c.exposes(r.Table.Schema) || !c.exposes(r.Function.Schema):
		case !c.exposes(r.Foreign.Schema):
			e.touch(key)
		default:
			e.add(key, &Relationship{
				Table: r.Table, Foreign: r.Foreign,
				Cardinality: Computed,
				Self:        r.Table == r.Foreign,
				Function:    r.Function,
				SingleRow:   r.SingleRow,
			})
		}
	}
}

// compareRelationships orders the relationships of one entry.
func compareRelationships(a, b *Relationship) int {
	if (a.Cardinality == Computed) != (b.Cardinality == Computed) {
		return compareBools(a.Cardinality == Computed, b.Cardinality == Computed)
	}
	if a.Cardinality == Computed {
		return cmp.Or(a.Function.Compare(b.Function), a.Foreign.Compare(b.Foreign))
	}
	return cmp.Or(
		a.Foreign.Compare(b.Foreign),
		compareBools(a.Self, b.Self),
		cmp.Compare(rank(a.Cardinality), rank(b.Cardinality)),
		cmp.Compare(a.Constraint, b.Constraint),
		slices.CompareFunc(a.Columns, b.Columns, compareColumns),
		compareBools(a.Referenced, b.Referenced),
		compareJunctions(a.Junction, b.Junction),
		compareBools(a.TableIsView, b.TableIsView),
		compareBools(a.ForeignIsView, b.ForeignIsView),
	)
}

// rank returns the position of a cardinality among the relationships to one relation.
func rank(c Cardinality) int {
	return [...]int{OneToMany: 0, ManyToOne: 1, OneToOne: 2, ManyToMany: 3}[c]
}

// compareJunctions orders junctions; both are nil or none is.
func compareJunctions(a, b *Junction) int {
	if a == nil || b == nil {
		return 0
	}
	return cmp.Or(
		a.Table.Compare(b.Table),
		cmp.Compare(a.Constraint1, b.Constraint1),
		cmp.Compare(a.Constraint2, b.Constraint2),
		slices.CompareFunc(a.Source, b.Source, compareColumns),
		slices.CompareFunc(a.Target, b.Target, compareColumns),
	)
}
