package planner

import (
	"slices"
	"strconv"

	"trunkline/cache"
	"trunkline/planner/apierr"
)

// relate finds the relationships of all embeds below parent, parents first, and determines how they are joined.
func (p *planning) relate(parent *ReadNode) *apierr.Error {
	for _, child := range parent.Children {
		rel, err := p.findRelationship(parent, child)
		if err != nil {
			return err
		}
		p.join(parent, child, rel)
		if err := p.relate(child); err != nil {
			return err
		}
	}
	return nil
}

// join makes child an embed of parent through rel.
func (p *planning) join(parent, child *ReadNode, rel *cache.Relationship) {
	child.Relationship = rel
	child.From = rel.Foreign
	child.table = p.snap.Table(rel.Foreign)
	child.Output = outputOf(child.spread(), rel.ToOne())
	child.ParentAlias = parent.sqlName().Name
	depth := strconv.Itoa(child.Depth)
	if rel.Cardinality == cache.ManyToMany {
		// The relation and the junction are in the same FROM clause under their own names, unless the parent has one of them.
		p.aliases = append(p.aliases, rel.Foreign.Name, rel.Junction.Table.Name)
		if parent.FromAlias == rel.Foreign.Name {
			child.FromAlias = p.standIn()
		}
		if parent.FromAlias == rel.Junction.Table.Name {
			child.JunctionAlias = p.standIn()
		}
	} else if child.FromAlias = p.fromAlias(rel.Foreign.Name + "_" + depth); child.FromAlias == parent.FromAlias {
		child.FromAlias = p.standIn()
	}
	child.JoinAlias = p.joinAlias(rel.Table.Name + "_" + child.OutputName() + "_" + depth)
	child.JoinOn = joinConditions(parent.sqlName(), child, rel)
}

// sqlName returns the name by which the node's rows are referred to in SQL.
func (n *ReadNode) sqlName() cache.QualifiedName {
	if n.FromAlias != "" {
		return cache.QualifiedName{Name: n.FromAlias}
	}
	return n.From
}

// outputOf returns the form of an embed in a parent's row.
func outputOf(spread, toOne bool) EmbedKind {
	switch {
	case spread && toOne:
		return SpreadOne
	case spread:
		return SpreadMany
	case toOne:
		return EmbedObject
	default:
		return EmbedArray
	}
}

// joinConditions equates the columns that rel pairs. Those of a many-to-many relationship refer to its junction; a
// computed relationship has none.
func joinConditions(parent cache.QualifiedName, n *ReadNode, rel *cache.Relationship) []JoinCondition {
	child := n.sqlName()
	switch rel.Cardinality {
	case cache.Computed:
		return nil
	case cache.ManyToMany:
		j, junction := rel.Junction, rel.Junction.Table
		if n.JunctionAlias != "" {
			junction = cache.QualifiedName{Name: n.JunctionAlias}
		}
		on := equate(nil, junction, child, j.Target)
		return equate(on, junction, parent, j.Source)
	default:
		return equate(nil, child, parent, rel.Columns)
	}
}

// equate appends a condition for each pair: column To of left equals column From of right.
func equate(on []JoinCondition, left, right cache.QualifiedName, pairs []cache.ColumnPair) []JoinCondition {
	on = slices.Grow(on, len(pairs))
	for _, c := range pairs {
		on = append(on, JoinCondition{
			LeftRelation: left, LeftColumn: c.To,
			RightRelation: right, RightColumn: c.From,
		})
	}
	return on
}

// maxIdentifier is the length in bytes to which PostgreSQL truncates identifiers (NAMEDATALEN-1). Aliases that are
// equal after truncation would be confused.
const maxIdentifier = 63

// fromAlias returns name as the alias of a relation in its own subquery. PostgreSQL's messages, which clients see, are
// clearer with it than with a number.
func (p *planning) fromAlias(name string) string {
	if len(name) > maxIdentifier {
		return p.standIn()
	}
	return name
}

// joinAlias reserves name as the alias of a lateral join.
func (p *planning) joinAlias(name string) string {
	if len(name) > maxIdentifier || slices.Contains(p.aliases, name) {
		return p.standIn()
	}
	p.aliases = append(p.aliases, name)
	return name
}

// FreeName returns the name of a part of a statement: name, with something behind it if that is taken.
func FreeName(name string, taken func(string) bool) string {
	for free, i := name, 0; ; i++ {
		if !taken(free) {
			return free
		}
		free = "pgrst_free_" + strconv.Itoa(i) // as PostgreSQL truncates long names
	}
}

// standIn reserves a short unused alias.
func (p *planning) standIn() string {
	for i := len(p.aliases); ; i++ {
		if name := "pgrst_" + strconv.Itoa(i); !slices.Contains(p.aliases, name) {
			p.aliases = append(p.aliases, name)
			return name
		}
	}
}
