package typegen

import (
	"strings"

	"trunkline/cache"
)

// kind is what a value is in JSON.
type kind uint8

const (
	kindString  kind = iota
	kindAny          // json, jsonb, and types with a cast to json
	kindBoolean      // the kinds from here on are PostgreSQL's own
	kindInt16
	kindInt32
	kindInt64
	kindFloat32
	kindFloat64
	kindNumeric
	kindTime // with a time zone
	kindVoid
	kindRecord    // a row of columns that are not known
	kindEnum      // of named
	kindComposite // of named
	kindRow       // of relation
)

// valueType is the type of a value.
type valueType struct {
	kind     kind
	array    bool // of such values, in any number of dimensions
	named    *cache.NamedType
	relation *relation
}

// scalars are the kinds of PostgreSQL's own types that are not strings in JSON, as format_type writes them.
var scalars = map[string]kind{
	"boolean": kindBoolean, "smallint": kindInt16, "integer": kindInt32, "bigint": kindInt64, "real": kindFloat32,
	"double precision": kindFloat64, "numeric": kindNumeric, "timestamp with time zone": kindTime,
	"json": kindAny, "jsonb": kindAny, "void": kindVoid, "record": kindRecord,
	"anyelement": kindAny, "anyarray": kindAny, "anynonarray": kindAny, "anycompatible": kindAny,
}

// resolve returns the type that format_type writes in this way.
func (m *model) resolve(written string) valueType {
	if element, ok := strings.CutSuffix(written, "[]"); ok {
		t := m.resolve(element)
		t.array = true
		return t
	}
	if named := m.named(written); named != nil {
		return m.resolveNamed(named)
	}
	return valueType{kind: scalars[written]}
}

// named returns the type of the database's users that is written in this way, perhaps with modifiers, or nil.
func (m *model) named(written string) *cache.NamedType {
	if t := m.types[written]; t != nil {
		return t
	}
	if end := strings.LastIndexByte(written, '('); end > 0 && strings.HasSuffix(written, ")") {
		return m.types[written[:end]]
	}
	return nil
}

func (m *model) resolveNamed(t *cache.NamedType) valueType {
	switch {
	case t.Kind == cache.DomainType:
		if _, represented := m.snapshot.Representation(t.Written, "json"); represented {
			return valueType{kind: kindAny}
		}
		return m.resolve(t.Base)
	case t.JSONCast:
		return valueType{kind: kindAny}
	case t.Kind == cache.EnumType:
		return valueType{kind: kindEnum, named: t}
	case t.Kind == cache.CompositeType && m.relations[t.Name] != nil:
		return valueType{kind: kindRow, relation: m.relations[t.Name]}
	case t.Kind == cache.CompositeType:
		return valueType{kind: kindComposite, named: t}
	default:
		return valueType{kind: kindString}
	}
}

// columnType returns the type of a column. Of a domain it needs the name, which only the declared type has.
func (m *model) columnType(c *cache.Column) valueType {
	if t := m.types[c.NominalType]; t != nil {
		return m.resolveNamed(t)
	}
	return m.resolve(c.Type)
}
