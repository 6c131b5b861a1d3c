package pgsql

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
)

const call = "pgrst_call"

// call writes the query that calls a routine.
func (w *writer) call(c *planner.Call) {
	w.raw("SELECT ")
	scalar := c.Routine.ReturnsScalar() || c.Routine.ReturnsSetOfScalar()
	if scalar {
		w.raw(call + ".pgrst_scalar")
	} else {
		w.callColumns(c)
	}
	w.raw(" ")
	if c.Payload != nil && !c.Positional && len(c.Args) > 0 {
		w.fromPayload(c.Payload, argumentFields(c.Args), true, false)
		w.raw(", LATERAL ")
	} else {
		w.raw("FROM ")
	}
	if scalar {
		w.raw("(SELECT ")
	}
	w.name(c.Routine.Name)
	w.raw("(")
	w.arguments(c)
	if scalar {
		w.raw(") pgrst_scalar")
	}
	w.raw(") " + call)
}

func (w *writer) callColumns(c *planner.Call) {
	relation := cache.QualifiedName{Name: call}
	if len(c.Returning) == 0 || slices.Contains(c.Returning, "*") {
		w.column(relation, "*")
		return
	}
	columns := slices.Concat(c.Returning, c.FilterFields)
	slices.Sort(columns)
	columns = slices.Compact(columns)
	list(w, ", ", columns, func(name *string) { w.column(relation, *name) })
}

// argumentFields are the arguments as columns of the payload.
func argumentFields(args []planner.Arg) []planner.Field {
	fields := make([]planner.Field, len(args))
	for i := range args {
		fields[i] = planner.Field{Name: args[i].Param.Name, Type: args[i].Param.CastType}
	}
	return fields
}

func (w *writer) arguments(c *planner.Call) {
	if c.Positional {
		w.positional(c)
		return
	}
	list(w, ", ", c.Args, func(a *planner.Arg) {
		if a.Param.Variadic {
			w.raw("VARIADIC ")
		}
		w.ident(a.Param.Name)
		w.raw(" := ")
		switch {
		case c.Payload != nil:
			w.column(cache.QualifiedName{Name: payload}, a.Param.Name)
			return
		case a.Param.Variadic:
			w.value(arrayLiteral(a.Values))
		default:
			w.value(a.Value)
		}
		w.raw("::")
		w.sqlType(a.Param.CastType)
	})
}

// positional passes the whole payload; bytea in binary, so that any bytes can pass.
func (w *writer) positional(c *planner.Call) {
	kind := c.Routine.Params[0].Type
	var value []byte
	if c.Payload != nil {
		value = c.Payload.Raw
		if value == nil {
			value = []byte{}
		}
	}
	w.param(Param{Value: value, Binary: kind == "bytea" && value != nil})
	w.raw("::")
	w.sqlType(kind)
}
