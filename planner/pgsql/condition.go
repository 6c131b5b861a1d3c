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
	// parent is the node that the conditions belong to, nil for those of a mutation. nothingJoined tells that its embeds
	// are not joined, whatever their form.
	parent        *planner.ReadNode
	nothingJoined bool
}

// tree writes a boolean tree.
func (w *conditions) tree(c *planner.Condition) {
	switch c.Kind {
	case planner.CondFilter:
		w.filter(&c.Field, c.Filter)
	case planner.CondEmbedNull:
		w.embed(c.Embed, c.Not)
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

// filter writes one comparison. The operators bind less tightly than arrows and casts do, and NOT less than they.
func (w *conditions) filter(field *planner.Field, f *request.Filter) {
	if f.Not {
		w.text("NOT ")
	}
	w.field(w.relation, field)
	switch f.Op {
	case request.OpIs:
		w.text([...]constant{" IS NULL", " IS NOT NULL", " IS TRUE", " IS FALSE", " IS UNKNOWN"}[f.Is])
	case request.OpIsDistinct:
		w.text(" IS DISTINCT FROM ")
		w.value(f.Value)
	case request.OpIn:
		w.in(field, f.List)
	case request.OpFts, request.OpPlfts, request.OpPhfts, request.OpWfts:
		w.text(operator(f.Op))
		w.configuration(f.Config, f.HasConfig)
		w.value(f.Value)
		w.text(")")
	default:
		w.text(operator(f.Op))
		w.operand(field, f)
	}
}

// operand writes the right side of a comparison.
func (w *conditions) operand(field *planner.Field, f *request.Filter) {
	w.text([...]constant{"", "ANY(", "ALL("}[f.Quant])
	switch f.Op {
	case request.OpLike, request.OpIlike:
		w.pattern(f.Value)
	default:
		w.transformed(field.Transform, func() { w.value(f.Value) })
	}
	if f.Quant != request.NoQuantifier {
		w.text(")")
	}
}

// in compares with the elements of an array: one parameter for any number of them.
func (w *conditions) in(field *planner.Field, elements []string) {
	switch {
	case len(elements) == 0:
		w.text(" = ANY('{}')")
	case field.Transform.Name == "":
		w.text(" = ANY(")
		w.array(elements)
		w.text(")")
	default:
		w.text(" = ANY(SELECT ")
		w.transformed(field.Transform, func() {
			w.text("pg_catalog.unnest(")
			w.array(elements)
			w.text("::pg_catalog.text[])")
		})
		w.text(")")
	}
}

// matches is the operator of full-text search. Its operands are of PostgreSQL's types.
const matches = " OPERATOR(pg_catalog.@@) "

// operator returns an operator with the spaces around it, one of full-text search with its function. The others are
// found by the search path, for the column may be of any type.
func operator(o request.Operator) constant {
	return [...]constant{
		request.OpEq: " = ", request.OpGte: " >= ", request.OpGt: " > ", request.OpLte: " <= ", request.OpLt: " < ",
		request.OpLike: " LIKE ", request.OpIlike: " ILIKE ", request.OpMatch: " ~ ", request.OpImatch: " ~* ",
		request.OpNeq: " <> ", request.OpCs: " @> ", request.OpCd: " <@ ", request.OpOv: " && ", request.OpSl: " << ",
		request.OpSr: " >> ", request.OpNxr: " &< ", request.OpNxl: " &> ", request.OpAdj: " -|- ",
		request.OpFts: matches + "pg_catalog.to_tsquery(", request.OpPlfts: matches + "pg_catalog.plainto_tsquery(",
		request.OpPhfts: matches + "pg_catalog.phraseto_tsquery(", request.OpWfts: matches + "pg_catalog.websearch_to_tsquery(",
	}[o]
}
