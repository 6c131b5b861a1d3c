package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

var (
	opEquals      = cache.OperatorsOf("=")
	opMatches     = cache.OperatorsOf("@@")
	opStep        = cache.OperatorsOf("->")
	opStepToText  = cache.OperatorsOf("->>")
	opExtract     = cache.OperatorsOf("#>>")
	opConcatenate = cache.OperatorsOf("||")

	// filterOperators maps the operators of filters to those of the snapshot; the zero set stands for none.
	filterOperators = [...]cache.Operators{
		request.OpEq: opEquals, request.OpIn: opEquals, request.OpIsDistinct: opEquals, request.OpNeq: cache.OperatorsOf("<>"),
		request.OpGte: cache.OperatorsOf(">="), request.OpGt: cache.OperatorsOf(">"),
		request.OpLte: cache.OperatorsOf("<="), request.OpLt: cache.OperatorsOf("<"),
		request.OpLike: cache.OperatorsOf("~~"), request.OpIlike: cache.OperatorsOf("~~*"),
		request.OpMatch: cache.OperatorsOf("~"), request.OpImatch: cache.OperatorsOf("~*"),
		request.OpCs: cache.OperatorsOf("@>"), request.OpCd: cache.OperatorsOf("<@"), request.OpOv: cache.OperatorsOf("&&"),
		request.OpSl: cache.OperatorsOf("<<"), request.OpSr: cache.OperatorsOf(">>"), request.OpNxr: cache.OperatorsOf("&<"),
		request.OpNxl: cache.OperatorsOf("&>"), request.OpAdj: cache.OperatorsOf("-|-"),
		request.OpFts: opMatches, request.OpPlfts: opMatches, request.OpPhfts: opMatches, request.OpWfts: opMatches,
		request.OpIs: 0,
	}
)

// value is what is known about the value of an expression.
type value struct {
	// typ is the type as named by format_type, without domains; "" for a row, which has no use either.
	typ string
	use *cache.OperatorUse
}

// field judges a field of a relation in conditions, orders and select lists: a column, a path in it, or its text search
// vector. Names that are not columns may be anything.
func (j *judgement) field(t *cache.Table, f *Field) (value, bool) {
	if t == nil || f.Transform.Name != "" {
		return value{}, false
	}
	c := t.Column(f.Name)
	if c == nil {
		return value{}, false
	}
	v, ok := j.path(value{c.Type, &c.Operators}, f)
	if ok && f.TSVector {
		v, ok = value{"tsvector", &j.snap.Expressions.TSVector}, isSearchable(v.typ) && j.textSearch()
	}
	return v, ok
}

// path judges the operators of a path.
func (j *judgement) path(v value, f *Field) (value, bool) {
	e := &j.snap.Expressions
	if f.ToJSON && len(f.Path) > 0 {
		v = value{"jsonb", &e.JSONB}
	}
	for i := range f.Path {
		op := opStep
		if f.Path[i].AsText {
			op = opStepToText
		}
		if !j.operates(v.use, op) {
			return value{}, false
		}
		if f.Path[i].AsText {
			v = value{"text", &e.Text}
		}
	}
	return v, true
}

// textSearch judges text search. The configuration is looked up in the search path.
func (j *judgement) textSearch() bool {
	j.sees |= cache.SettingSearchPath
	return j.snap.Expressions.PureTextSearch
}

// conditions judges conditions on rows of n.
func (j *judgement) conditions(n *ReadNode, all []Condition) bool {
	for i := range all {
		c, of := &all[i], n
		if c.Kind == CondAmong && !j.keys(c.Among.Columns, n.table) {
			return false
		}
		if c.Kind == CondRelated {
			of = c.Embed
		}
		if c.Kind == CondFilter && !j.filter(n.table, c) || of != n && !j.node(of, n) || !j.conditions(of, c.Terms) {
			return false
		}
	}
	return true
}

func (j *judgement) filter(t *cache.Table, c *Condition) bool {
	v, ok := j.field(t, &c.Field)
	switch f := c.Filter; {
	case !ok:
		return false
	case f.Op == request.OpIs: // a value of another type than boolean is cast to it
		return f.Is == request.IsNull || f.Is == request.IsNotNull || v.typ == "boolean"
	case f.Op.FullText():
		return j.textSearch() && j.operates(v.use, opMatches)
	case int(f.Op) >= len(filterOperators) || filterOperators[f.Op] == 0:
		return false
	default:
		return j.operates(v.use, filterOperators[f.Op])
	}
}

// selectField judges an item of a select list and returns its type.
func (j *judgement) selectField(t *cache.Table, s *SelectField) (string, bool) {
	v, ok := value{}, s.Field.Transform.Name == ""
	if whole := s.Field.FullRow || s.Field.Name == "*" && len(s.Field.Path) == 0 && !s.Field.Literal; !whole {
		v, ok = j.field(t, &s.Field)
	}
	if ok {
		v.typ, ok = j.cast(v, s.Cast)
	}
	if ok && len(s.Filter) > 0 {
		ok = j.conditions(&ReadNode{table: t}, s.Filter)
	}
	if !ok || s.Aggregate == request.NoAggregate {
		return v.typ, ok
	}
	return j.aggregate(v.typ, s.Aggregate, s.AggregateCast)
}

// cast judges a cast, unless its type is "", and returns the type of the result.
func (j *judgement) cast(v value, to string) (string, bool) {
	if to == "" {
		return v.typ, true
	}
	if v.typ == "" {
		return "", false
	}
	if !v.use.Fixed.Has(opEquals) { // the type may be named in a message
		j.sees |= cache.SettingSearchPath
	}
	typ := castType(to)
	j.uses.Casts = true
	return typ, typ != "" && v.use.Pure.Has(opEquals) && j.snap.Expressions.PureCasts
}

// aggregate judges an aggregate over values of a type, followed by a cast.
func (j *judgement) aggregate(typ string, a request.Aggregate, cast string) (string, bool) {
	switch a {
	case request.Count:
		typ = "bigint"
	case request.CountDistinct:
		if castType(typ) != typ || typ == "json" {
			return "", false
		}
		typ = "bigint"
	case request.Sum, request.Avg:
		if !isInteger(typ) && typ != "numeric" && typ != "real" && typ != "double precision" {
			return "", false
		}
		typ = "numeric" // or a type whose casts do not run users' code either
	case request.Max, request.Min:
		if castType(typ) != typ || typ == "boolean" || typ == "uuid" || typ == "character varying" || typ == "json" || typ == "jsonb" {
			return "", false
		}
	default:
		return "", false
	}
	if cast == "" {
		return typ, true
	}
	j.uses.Casts = true
	return castType(cast), castType(cast) != "" && j.snap.Expressions.PureCasts
}

// castType returns format_type's name of a built-in type that a request names, or "" if it may be another one. It
// includes only types whose text form does not depend on the search path.
func castType(name string) string {
	switch name {
	case "text", "json", "jsonb", "numeric", "date", "uuid", "boolean", "bigint", "integer", "smallint", "real",
		"double precision", "interval":
		return name
	case "int", "int4":
		return "integer"
	case "int8":
		return "bigint"
	case "int2":
		return "smallint"
	case "bool":
		return "boolean"
	case "decimal":
		return "numeric"
	case "float8", "float":
		return "double precision"
	case "float4":
		return "real"
	case "timestamp", "timestamp without time zone":
		return "timestamp without time zone"
	case "timestamptz", "timestamp with time zone":
		return "timestamp with time zone"
	case "varchar", "character varying":
		return "character varying"
	default:
		return ""
	}
}

// isSearchable reports whether PostgreSQL has a function to_tsvector for exactly this type, which takes precedence over
// all others.
func isSearchable(typ string) bool { return typ == "text" || typ == "json" || typ == "jsonb" }

func isInteger(typ string) bool { return typ == "integer" || typ == "bigint" || typ == "smallint" }
