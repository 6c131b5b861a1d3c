package typegen

import (
	"slices"

	"trunkline/cache"
)

// declarations are the names that types get where each needs one of its own: in Go and Python.
type declarations struct {
	named     map[*cache.NamedType]string
	relations map[*relation]string // each with endings: Row, Insert, Update
	functions map[*function]string // each with endings: Args, Result
	used      names
	// order is that in which composite types and rows are declared, so that each stands behind what it is made of.
	order []any
}

// declare gives names to all types, none of which is reserved. If several schemas are described, names begin with that
// of the schema.
func (m *model) declare(reserved ...string) *declarations {
	d := &declarations{
		named: make(map[*cache.NamedType]string), relations: make(map[*relation]string),
		functions: make(map[*function]string), used: make(names),
	}
	for _, name := range reserved {
		d.used[name] = true
	}
	for _, s := range m.schemas {
		prefix := ""
		if len(m.schemas) > 1 {
			prefix = camel(s.name)
		}
		for _, r := range s.relations {
			d.relations[r] = d.used.take(prefix+camel(r.table.Name.Name), "Row", "Insert", "Update")
		}
		for _, f := range s.functions {
			d.functions[f] = d.used.take(prefix+camel(f.name), "Args", "Result")
		}
		for _, t := range slices.Concat(s.enums, s.composites) {
			d.named[t] = d.used.take(prefix + camel(t.Name.Name))
		}
	}
	m.declareUsed(d)
	return d
}

// declareUsed orders what is declared, and adds the types of other schemas that it is made of.
func (m *model) declareUsed(d *declarations) {
	seen := make(map[any]bool)
	for _, s := range m.schemas {
		for _, t := range slices.Concat(s.enums, s.composites) {
			m.visitNamed(d, seen, t)
		}
		for _, r := range s.relations {
			m.visitRelation(d, seen, r)
		}
		for _, f := range s.functions {
			m.visit(d, seen, f.returns)
			for _, v := range slices.Concat(f.params, f.columns) {
				m.visit(d, seen, v.valueType)
			}
		}
	}
}

func (m *model) visit(d *declarations, seen map[any]bool, t valueType) {
	switch t.kind {
	case kindEnum, kindComposite:
		m.visitNamed(d, seen, t.named)
	case kindRow:
		m.visitRelation(d, seen, t.relation)
	}
}

func (m *model) visitNamed(d *declarations, seen map[any]bool, t *cache.NamedType) {
	if seen[t] {
		return
	}
	seen[t] = true
	if d.named[t] == "" {
		d.named[t] = d.used.take(camel(t.Name.Schema) + camel(t.Name.Name))
	}
	for _, f := range m.fields(t.Fields) {
		m.visit(d, seen, f.valueType)
	}
	d.order = append(d.order, t)
}

func (m *model) visitRelation(d *declarations, seen map[any]bool, r *relation) {
	if seen[r] {
		return
	}
	seen[r] = true
	for i := range r.columns {
		m.visit(d, seen, r.columns[i].valueType)
	}
	for _, f := range r.computed {
		m.visit(d, seen, f.valueType)
	}
	d.order = append(d.order, r)
}
