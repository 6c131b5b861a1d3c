package pgsql

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
)

// call writes the query that calls a routine. The column of values that are not rows is named pgrst_scalar.
func (w *writer) call(c *planner.Call) {
	scalar := c.Routine.ReturnsScalar() || c.Routine.ReturnsSetOfScalar()
	w.text("SELECT ")
	if scalar {
		w.invoke(c)
		w.text(" AS pgrst_scalar")
	} else {
		w.callColumns(c)
	}
	list := list{w, " FROM ", ", LATERAL "}
	if fromPayload(c) {
		list.item()
		w.arguments(c)
	}
	if !scalar {
		list.item()
		w.invoke(c)
		w.text(" pgrst_call")
	}
}

// callColumns writes the columns of the result that are read, so that a function that can be inlined does not compute
// the others.
func (w *writer) callColumns(c *planner.Call) {
	call := cache.QualifiedName{Name: "pgrst_call"}
	columns := slices.Concat(c.Returning, c.FilterFields)
	if len(c.Returning) == 0 || slices.Contains(columns, planner.AllColumns) {
		w.column(call, planner.AllColumns)
		return
	}
	slices.Sort(columns)
	list := w.commas()
	for _, name := range slices.Compact(columns) {
		list.item()
		w.column(call, name)
	}
}

// fromPayload reports whether the arguments are the columns of a payload.
func fromPayload(c *planner.Call) bool { return c.Payload != nil && !c.Positional && len(c.Args) > 0 }

// arguments writes the FROM item with the arguments in a payload. Of an array, the first element is used.
func (w *writer) arguments(c *planner.Call) {
	columns := make([]planner.Field, len(c.Args))
	for i := range c.Args {
		columns[i] = planner.Argument(&c.Args[i].Param, c.Payload)
	}
	if c.Payload.Object {
		w.payload(c.Payload, columns, false)
		return
	}
	w.text("(SELECT * FROM ")
	w.payload(c.Payload, columns, false)
	w.text(" LIMIT 1) pgrst_body")
}

// invoke writes the call itself.
func (w *writer) invoke(c *planner.Call) {
	w.name(c.Routine.Name)
	w.text("(")
	if c.Positional {
		w.positional(c)
	} else {
		list := w.commas()
		for i := range c.Args {
			list.item()
			w.argument(c, &c.Args[i])
		}
	}
	w.text(")")
}

// positional writes the whole payload as the only argument. A bytea is sent in binary format, so that it may contain
// any bytes.
func (w *writer) positional(c *planner.Call) {
	if c.Payload == nil {
		return // the parameter has a default
	}
	param := &c.Routine.Params[0]
	w.bytes(c.Payload.Raw, param.Type == "bytea")
	w.text("::")
	w.sqlType(param.Type)
}

func (w *writer) argument(c *planner.Call, a *planner.Arg) {
	if a.Param.Variadic {
		w.text("VARIADIC ")
	}
	w.ident(a.Param.Name)
	w.text(" := ")
	switch {
	case c.Payload != nil:
		w.attribute(payload, a.Param.Name)
		return
	case a.Param.Variadic:
		w.array(a.Values)
	default:
		w.value(a.Value)
	}
	w.text("::")
	w.sqlType(a.Param.CastType)
}
