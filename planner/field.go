package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// scope resolves names in one relation. table is nil if the snapshot does not contain it.
type scope struct {
	snap  *cache.Snapshot
	table *cache.Table
}

// scope returns the scope of a node's relation.
func (p *planning) scope(n *ReadNode) scope { return scope{p.snap, n.table} }

// field resolves a name and a path into dst, which must be zero. A name that is not a column of the relation may still
// be valid in PostgreSQL: a computed field or an alias.
func (s scope) field(dst *Field, f *request.Field) {
	dst.Name, dst.Path = f.Name, f.Path
	if s.table != nil {
		if c := s.table.Column(f.Name); c != nil {
			dst.describe(c)
		}
	}
	// Arrows apply to JSON itself. It is not wrapped, so that indexes on it are used.
	dst.ToJSON = len(f.Path) > 0 && dst.Type != "json" && dst.Type != "jsonb"
}

// describe copies what the snapshot knows of a column.
func (f *Field) describe(c *cache.Column) {
	f.Name, f.Type, f.BaseType, f.Default = c.Name, c.NominalType, c.Type, c.Default
}

// show applies the representation of the field's domain for output, if it has one.
func (s scope) show(field *Field) {
	if f, ok := s.representation(field.Type, "json"); ok {
		field.Transform = f
	}
}

// operand resolves the field of a filter into dst, which must be zero. A domain with a representation is parsed from
// text by it. The full-text operators convert text columns to tsvector; a name that is not a column, such as a computed
// field, must be a tsvector.
func (s scope) operand(dst *Field, filter *request.Filter) {
	s.field(dst, &filter.Field)
	if filter.Op.FullText() && dst.BaseType != "" && dst.BaseType != "tsvector" {
		dst.TSVector, dst.Config, dst.HasConfig = true, filter.Config, filter.HasConfig
	}
	s.parseFrom("text", dst)
}

// value resolves a column that a payload sets. ok is false if the relation has no such column.
func (s scope) value(name string) (field Field, ok bool) {
	c := s.table.Column(name)
	if c == nil {
		return Field{}, false
	}
	field.describe(c)
	s.parseFrom("json", &field)
	return field, true
}

// parseFrom makes the field accept values of the source type if the representation of its domain parses that type.
func (s scope) parseFrom(source string, field *Field) {
	if f, ok := s.representation(source, field.Type); ok {
		field.Transform, field.Type = f, source
	}
}

func (s scope) representation(source, target string) (cache.QualifiedName, bool) {
	if source == "" || target == "" {
		return cache.QualifiedName{}, false
	}
	return s.snap.Representation(source, target)
}

// represented reports whether a column of the relation has a representation for output.
func (s scope) represented() bool {
	for i := range s.table.Columns {
		if _, ok := s.representation(s.table.Columns[i].NominalType, "json"); ok {
			return true
		}
	}
	return false
}
