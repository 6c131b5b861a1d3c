package pgsql

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

// operators are the SQL operators of those that compare with one value.
func operator(o request.Operator) string {
	return [...]string{
		request.OpEq: "=", request.OpGte: ">=", request.OpGt: ">", request.OpLte: "<=", request.OpLt: "<",
		request.OpLike: "like", request.OpIlike: "ilike", request.OpMatch: "~", request.OpImatch: "~*",
		request.OpNeq: "<>", request.OpCs: "@>", request.OpCd: "<@", request.OpOv: "&&", request.OpSl: "<<",
		request.OpSr: ">>", request.OpNxr: "&<", request.OpNxl: "&>", request.OpAdj: "-|-",
		request.OpFts: "@@ to_tsquery", request.OpPlfts: "@@ plainto_tsquery", request.OpPhfts: "@@ phraseto_tsquery",
		request.OpWfts: "@@ websearch_to_tsquery",
	}[o]
}

// embedNull writes a condition on whether an embed found rows; how depends on the statement.
type embedNull func(*planner.Condition)

// condition writes a boolean tree.
func (w *writer) condition(relation cache.QualifiedName, c *planner.Condition, onEmbed embedNull) {
	switch c.Kind {
	case planner.CondFilter:
		w.filter(relation, &c.Field, c.Filter)
	case planner.CondEmbedNull:
		onEmbed(c)
	default:
		if c.Not {
			w.raw("NOT ")
		}
		separator := " AND "
		if c.Kind == planner.CondOr {
			separator = " OR "
		}
		w.raw("(")
		list(w, separator, c.Terms, func(t *planner.Condition) { w.condition(relation, t, onEmbed) })
		w.raw(")")
	}
}

// filter writes one comparison.
func (w *writer) filter(relation cache.QualifiedName, field *planner.Field, f *request.Filter) {
	if f.Not {
		w.raw("NOT ")
	}
	w.field(relation, field)
	switch {
	case f.Op == request.OpIs:
		w.raw([...]string{" IS NULL", " IS NOT NULL", " IS TRUE", " IS FALSE", " IS UNKNOWN"}[f.Is])
	case f.Op == request.OpIsDistinct:
		w.raw(" IS DISTINCT FROM ")
		w.value(f.Value)
	case f.Op == request.OpIn:
		w.in(field, f.List)
	case f.Op.FullText():
		w.raw(" " + operator(f.Op) + "(")
		w.config(f.Config, f.HasConfig)
		w.value(f.Value)
		w.raw(")")
	default:
		w.raw(" " + operator(f.Op) + " ")
		w.quantified(field, f)
	}
}

func (w *writer) quantified(field *planner.Field, f *request.Filter) {
	w.raw([...]string{"", "ANY(", "ALL("}[f.Quant])
	switch f.Op {
	case request.OpLike, request.OpIlike:
		w.value(strings.ReplaceAll(f.Value, "*", "%"))
	default:
		w.operand(field, f.Value)
	}
	if f.Quant != request.NoQuantifier {
		w.raw(")")
	}
}

// operand writes a value, parsed by the field's representation if it has one.
func (w *writer) operand(field *planner.Field, v string) {
	if field.Transform.Name == "" {
		w.value(v)
		return
	}
	w.name(field.Transform)
	w.raw("(")
	w.value(v)
	w.raw(")")
}

// in compares with the elements of an array literal: one parameter for any number of elements, also for none.
func (w *writer) in(field *planner.Field, elements []string) {
	if len(elements) == 0 {
		w.raw(" = ANY('{}')")
		return
	}
	w.raw(" = ANY (")
	if field.Transform.Name != "" {
		w.raw("(SELECT ")
		w.name(field.Transform)
		w.raw("(unnest(")
		w.value(arrayLiteral(elements))
		w.raw("::text[])))")
	} else {
		w.value(arrayLiteral(elements))
	}
	w.raw(")")
}
