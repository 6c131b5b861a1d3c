package typegen

import (
	"slices"

	"trunkline/cache"
)

// model is what is described, with the types resolved.
type model struct {
	snapshot  *cache.Snapshot
	types     map[string]*cache.NamedType // by how they are written
	relations map[cache.QualifiedName]*relation
	schemas   []*schema
}

// schema is a schema that is described. Its lists are sorted by name.
type schema struct {
	name              string
	relations         []*relation
	functions         []*function // the overloads of a name stand together
	enums, composites []*cache.NamedType
}

// relation is a relation that may be read or written.
type relation struct {
	table         *cache.Table
	columns       []column
	computed      []field // what functions compute of a row
	relationships []*cache.Relationship
	readable      bool
	insertable    bool
	updatable     bool
}

// column is a column of a relation.
type column struct {
	*cache.Column
	valueType
	read, insert, update bool
}

// field is a named value.
type field struct {
	name, description string
	valueType
	nullable bool
	optional bool
}

// function is a function that can be called or that computes something of a row.
type function struct {
	name, description string
	params            []field
	row               *relation // whose row it takes, nil if it can be called
	set, one          bool
	returns           valueType
	columns           []field // of TABLE, OUT and INOUT parameters
}

func newModel(in *Input) *model {
	m := &model{
		snapshot: in.Snapshot, types: make(map[string]*cache.NamedType), relations: make(map[cache.QualifiedName]*relation),
	}
	for i := range in.Typing.Types {
		t := &in.Typing.Types[i]
		m.types[t.Written] = t
	}
	for _, name := range in.Schemas {
		m.schemas = append(m.schemas, m.newSchema(name, in.Typing))
	}
	for _, s := range m.schemas {
		for _, r := range s.relations {
			m.complete(r, in.Typing)
		}
	}
	for _, s := range m.schemas {
		for _, r := range s.relations {
			m.relate(r)
		}
		m.addFunctions(s, in.Typing)
	}
	return m
}

// newSchema returns a schema with its relations, which are not complete, and its types.
func (m *model) newSchema(name string, typing *cache.Typing) *schema {
	s := &schema{name: name}
	for _, table := range m.snapshot.Tables(name) {
		if typing.Grants == nil || slices.ContainsFunc(table.Columns, func(c cache.Column) bool {
			return typing.Grants[table.Name][c.Name] != cache.Grant{}
		}) {
			r := &relation{table: table}
			s.relations = append(s.relations, r)
			m.relations[table.Name] = r
		}
	}
	for i := range typing.Types {
		switch t := &typing.Types[i]; {
		case t.Name.Schema != name || t.JSONCast:
		case t.Kind == cache.EnumType:
			s.enums = append(s.enums, t)
		case t.Kind == cache.CompositeType && m.snapshot.Table(t.Name) == nil:
			s.composites = append(s.composites, t)
		}
	}
	return s
}

// complete adds the columns of a relation, and what is computed of its rows.
func (m *model) complete(r *relation, typing *cache.Typing) {
	for i := range r.table.Columns {
		c := &r.table.Columns[i]
		may := cache.Grant{Select: true, Insert: true, Update: true}
		if typing.Grants != nil {
			may = typing.Grants[r.table.Name][c.Name]
		}
		if may == (cache.Grant{}) {
			continue // not even its name is shown
		}
		r.columns = append(r.columns, column{
			Column: c, valueType: m.columnType(c), read: may.Select,
			insert: may.Insert && !c.Generated && r.table.Insertable,
			update: may.Update && !c.Generated && r.table.Updatable,
		})
		r.readable = r.readable || may.Select
		r.insertable = r.insertable || may.Insert && r.table.Insertable // also if it generates all columns
		r.updatable = r.updatable || may.Update && r.table.Updatable
	}
	for i := range typing.Functions {
		f := &typing.Functions[i]
		if f.Row == r.table.Name && f.Name.Schema == r.table.Name.Schema && f.Executable && r.readable && m.computesValue(f) {
			r.computed = append(r.computed, field{name: f.Name.Name, valueType: m.resolve(f.Returned), nullable: true})
		}
	}
}

// relate adds the relationships of a relation that its rows hold the keys of, if these can be read on both sides. A
// one-to-one relationship of a relation with itself cannot be embedded, as in PostgREST.
func (m *model) relate(r *relation) {
	all, _ := m.snapshot.Relationships(r.table.Name, r.table.Name.Schema)
	for _, link := range all {
		toOne := link.Cardinality == cache.ManyToOne || link.Cardinality == cache.OneToOne && !link.Referenced && !link.Self
		foreign := m.relations[link.Foreign]
		if toOne && foreign != nil && !slices.ContainsFunc(link.Columns, func(pair cache.ColumnPair) bool {
			return !r.reads(pair.From) || !foreign.reads(pair.To)
		}) {
			r.relationships = append(r.relationships, link)
		}
	}
}

// reads reports whether a column can be read.
func (r *relation) reads(name string) bool {
	return slices.ContainsFunc(r.columns, func(c column) bool { return c.Name == name && c.read })
}

// computesValue reports whether a function of a row is a computed field, not a computed relationship. A column of the
// same name is preferred by PostgreSQL.
func (m *model) computesValue(f *cache.Signature) bool {
	t := m.resolve(f.Returned)
	rows := t.kind == kindRow || t.kind == kindComposite || t.kind == kindRecord || t.kind == kindVoid
	return !f.SetOf && len(f.Fields) == 0 && (!rows || t.array) && m.snapshot.Table(f.Row).Column(f.Name.Name) == nil
}

// addFunctions adds the functions of a schema that may be executed.
func (m *model) addFunctions(s *schema, typing *cache.Typing) {
	for i := range typing.Functions {
		f := &typing.Functions[i]
		if f.Name.Schema != s.name || !f.Executable {
			continue
		}
		routine, row := m.routine(f), m.relations[f.Row]
		if row != nil && (f.Row.Schema != s.name || !row.readable) {
			row = nil
		}
		if routine == nil && row == nil {
			continue
		}
		s.functions = append(s.functions, m.newFunction(f, routine, row))
	}
}

// routine returns the routine with a signature, or nil if the function cannot be called.
func (m *model) routine(f *cache.Signature) *cache.Routine {
	for _, r := range m.snapshot.Routines(f.Name) {
		if slices.EqualFunc(r.Params, f.Inputs, func(p cache.Param, written string) bool { return p.Type == written }) {
			return r
		}
	}
	return nil
}

// newFunction describes a function. One that takes a row is described as such even if it can also be called: by that
// postgrest-js knows what it may embed.
func (m *model) newFunction(f *cache.Signature, routine *cache.Routine, row *relation) *function {
	described := &function{
		name: f.Name.Name, set: f.SetOf, one: f.OneRow || !f.SetOf, returns: m.resolve(f.Returned), columns: m.fields(f.Fields),
	}
	if routine != nil {
		described.description = routine.Description
	}
	if described.row = row; row == nil {
		for _, p := range routine.Params {
			described.params = append(described.params, field{name: p.Name, valueType: m.resolve(p.Type), optional: !p.Required})
		}
	}
	return described
}

// fields resolves the types of fields. Any of them may be null, whatever the function means to return.
func (m *model) fields(named []cache.NamedField) []field {
	fields := make([]field, len(named))
	for i, f := range named {
		fields[i] = field{name: f.Name, valueType: m.resolve(f.Type), nullable: true}
	}
	return fields
}

// required reports whether an insert must give the column.
func (c *column) required() bool { return !c.Nullable && c.Default == "" }

// isView reports whether a relation is a view or a materialized view.
func (r *relation) isView() bool {
	return r.table.Kind == cache.KindView || r.table.Kind == cache.KindMaterializedView
}

// rowFields returns what can be read of a row.
func (r *relation) rowFields() []field {
	var fields []field
	for i := range r.columns {
		if c := &r.columns[i]; c.read {
			fields = append(fields, field{name: c.Name, description: c.Description, valueType: c.valueType, nullable: c.Nullable})
		}
	}
	return fields
}

// insertFields returns what can be inserted.
func (r *relation) insertFields() []field {
	var fields []field
	for i := range r.columns {
		if c := &r.columns[i]; c.insert {
			fields = append(fields, field{name: c.Name, valueType: c.valueType, nullable: c.Nullable, optional: !c.required()})
		}
	}
	return fields
}

// updateFields returns what can be changed.
func (r *relation) updateFields() []field {
	var fields []field
	for i := range r.columns {
		if c := &r.columns[i]; c.update {
			fields = append(fields, field{name: c.Name, valueType: c.valueType, nullable: c.Nullable, optional: true})
		}
	}
	return fields
}
