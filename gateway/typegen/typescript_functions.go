package typegen

import "slices"

// functions writes functions by name. Overloads are a union.
func (w *tsWriter) functions(s *schema) bool {
	for rest := s.functions; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(f *function) bool { return f.name != rest[0].name })
		if n < 0 {
			n = len(rest)
		}
		w.overloads(rest[:n])
		rest = rest[n:]
	}
	return len(s.functions) > 0
}

func (w *tsWriter) overloads(all []*function) {
	w.comment(all[0].description)
	if len(all) == 1 {
		w.block(tsKey(all[0].name)+": {", "}", func() { w.function(all[0]) })
		return
	}
	w.line("%s:", tsKey(all[0].name))
	w.depth++
	for _, f := range all {
		w.block("| {", "}", func() { w.function(f) })
	}
	w.depth--
}

func (w *tsWriter) function(f *function) {
	w.arguments(f)
	w.returns(f)
	if f.returns.kind == kindRow && !f.returns.array {
		w.block("SetofOptions: {", "}", func() { w.setOptions(f, f.returns.relation.table.Name.Name) })
	}
}

// arguments writes what a function takes. postgrest-js knows one that takes a row by an argument without a name.
func (w *tsWriter) arguments(f *function) {
	switch {
	case f.row != nil:
		w.line(`Args: { "": %s }`, tsRow(f.row))
	case len(f.params) == 0:
		w.line("Args: never")
	case f.params[0].name == "" && f.params[0].kind == kindAny: // the whole body
		w.line("Args: Record<string, Json | undefined>")
	default:
		w.block("Args: {", "}", func() { w.fields(f.params) })
	}
}

// returns writes what a function returns. A set of at most one row of a relation is written as that row, as
// postgrest-js expects with isOneToOne.
func (w *tsWriter) returns(f *function) {
	list := ""
	if f.set && !(f.one && f.returns.kind == kindRow) {
		list = "[]"
	}
	if len(f.columns) > 0 {
		w.block("Returns: {", "}"+list, func() { w.fields(f.columns) })
		return
	}
	written := w.typed(f.returns, false)
	if list != "" {
		written = arrayOf(written)
	}
	w.line("Returns: %s", written)
}

// setOptions writes how rows of a relation are returned: to which relation they belong, and from a row of which they
// are computed, "*" for none.
func (w *tsWriter) setOptions(f *function, to string) {
	from := "*"
	if f.row != nil {
		from = f.row.table.Name.Name
	}
	w.line("from: %s", tsString(from))
	w.line("to: %s", tsString(to))
	w.line("isOneToOne: %t", f.one)
	w.line("isSetofReturn: %t", f.set)
}
