package pgsql

import (
	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// conditions writes the conditions on one relation's rows.
type conditions struct {
	*writer
	relation cache.QualifiedName
	// parent is the node that the conditions belong to, or nil for a mutation. nothingJoined is set if its embeds are
	// not joined, regardless of their form.
	parent        *planner.ReadNode
	nothingJoined bool
	// keys are the positions of the expressions that the node selects. They are set for conditions on groups.
	keys []span
}

// tree writes a boolean tree.
func (w *conditions) tree(c *planner.Condition) {
	switch c.Kind {
	case planner.CondFilter:
		w.filter(c)
	case planner.CondEmbedNull:
		w.embed(c.Embed, c.Not)
	case planner.CondRelated:
		w.related(c)
	case planner.CondAmong:
		w.among(c)
	case planner.CondAnd:
		w.terms(c, " AND ")
	case planner.CondOr:
		w.terms(c, " OR ")
	}
}

func (w *conditions) terms(c *planner.Condition, operator constant) {
	if c.Not {
		w.text("NOT ")
	}
	list := list{w.writer, "(", operator}
	for i := range c.Terms {
		list.item()
		w.tree(&c.Terms[i])
	}
	w.text(")")
}

// filter writes one comparison. The operators bind less tightly than arrows and casts, and NOT binds less tightly than
// the operators.
func (w *conditions) filter(c *planner.Condition) {
	field, f := &c.Field, c.Filter
	if f.Not {
		w.text("NOT ")
	}
	w.compared(c)
	switch f.Op {
	case request.OpIs:
		w.text([...]constant{" IS NULL", " IS NOT NULL", " IS TRUE", " IS FALSE", " IS UNKNOWN"}[f.Is])
	case request.OpIsDistinct:
		w.text(" IS DISTINCT FROM ")
		w.transformed(field.Transform, func() { w.value(f.Value) })
	case request.OpIn:
		w.in(field, f.List)
	case request.OpFts, request.OpPlfts, request.OpPhfts, request.OpWfts:
		if field.TSVector && searchable(field.BaseType) || field.BaseType == "tsvector" {
			w.text(" OPERATOR(pg_catalog.@@) ")
		} else {
			w.text(" @@ ")
		}
		w.text(query(f.Op))
		w.configuration(f.Config, f.HasConfig)
		w.value(f.Value)
		w.text(")")
	default:
		w.text(operator(f.Op))
		w.operand(field, f)
	}
}

// compared writes the left side of a comparison. On groups, PostgreSQL must recognize a grouping expression.
func (w *conditions) compared(c *planner.Condition) {
	if c.Spread != nil {
		w.spreadValue(w.relation, c.Spread, c.Field.Name)
		return
	}
	key := c.Selected - 1
	if key < 0 && w.keys != nil && !c.Field.TSVector {
		if key = groupedBy(w.parent, &c.Field); key >= 0 && w.parent.Select[key].Cast != "" {
			key = -1
		}
	}
	if key >= 0 {
		w.again(w.keys[key])
		return
	}
	w.field(w.relation, &c.Field)
}

// operand writes the right side of a comparison.
func (w *conditions) operand(field *planner.Field, f *request.Filter) {
	w.text([...]constant{"", "ANY(", "ALL("}[f.Quant])
	switch {
	case f.Op == request.OpLike, f.Op == request.OpIlike:
		w.pattern(f.Value)
	case f.Quant != request.NoQuantifier && field.Transform.Name != "":
		w.elements(field.Transform, func() { w.value(f.Value) })
	default:
		w.transformed(field.Transform, func() { w.value(f.Value) })
	}
	if f.Quant != request.NoQuantifier {
		w.text(")")
	}
}

// manyElements is the number of elements of a list from which PostgreSQL uses a hash table, unless it has planned
// without knowing them.
const manyElements = 1000

// in compares with the elements of an array, which is one parameter for any number of them.
func (w *conditions) in(field *planner.Field, elements []string) {
	w.once = w.once || len(elements) > manyElements
	switch {
	case len(elements) == 0:
		w.text(" = ANY('{}')")
	case field.Transform.Name == "":
		w.text(" = ANY(")
		w.array(elements)
		w.text(")")
	default:
		w.text(" = ANY(")
		w.elements(field.Transform, func() { w.array(elements) })
		w.text(")")
	}
}

// elements writes a query for what a representation's function makes of each element of an array of text.
func (w *conditions) elements(function cache.QualifiedName, array func()) {
	w.text("SELECT ")
	w.transformed(function, func() {
		w.text("pg_catalog.unnest(")
		array()
		w.text("::pg_catalog.text[])")
	})
}

// query returns the function that converts the query of a full-text search.
func query(o request.Operator) constant {
	switch o {
	case request.OpPlfts:
		return "pg_catalog.plainto_tsquery("
	case request.OpPhfts:
		return "pg_catalog.phraseto_tsquery("
	case request.OpWfts:
		return "pg_catalog.websearch_to_tsquery("
	default:
		return "pg_catalog.to_tsquery("
	}
}

// operator returns an operator with spaces around it. It is resolved by the search path, because the column may be of
// any type.
func operator(o request.Operator) constant {
	return [...]constant{
		request.OpEq: " = ", request.OpGte: " >= ", request.OpGt: " > ", request.OpLte: " <= ", request.OpLt: " < ",
		request.OpLike: " LIKE ", request.OpIlike: " ILIKE ", request.OpMatch: " ~ ", request.OpImatch: " ~* ",
		request.OpNeq: " <> ", request.OpCs: " @> ", request.OpCd: " <@ ", request.OpOv: " && ", request.OpSl: " << ",
		request.OpSr: " >> ", request.OpNxr: " &< ", request.OpNxl: " &> ", request.OpAdj: " -|- ",
	}[o]
}
