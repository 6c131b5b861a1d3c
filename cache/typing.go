package cache

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Typing describes types and functions as far as clients in other languages need to know them and requests do not, so
// that a [Snapshot] lacks it. Names of types are written as those of columns are.
type Typing struct {
	Types     []NamedType
	Functions []Signature
	// Grants are the privileges of the role that was asked for, by relation and column, nil if none was.
	Grants map[QualifiedName]map[string]Grant
}

// NamedType is a type that is not PostgreSQL's own.
type NamedType struct {
	Name     QualifiedName
	Written  string // as format_type writes it
	Kind     TypeKind
	Base     string       // of a domain
	JSONCast bool         // a cast defines what its values are in JSON
	Labels   []string     // of an enum type
	Fields   []NamedField // of a composite type
}

// TypeKind is pg_type.typtype.
type TypeKind byte

// The kinds of type that are made of something. The values of the others are strings, unless there is a cast to json.
const (
	EnumType      TypeKind = 'e'
	DomainType    TypeKind = 'd'
	CompositeType TypeKind = 'c'
)

// NamedField is a field of a composite type, or a column of what a function returns.
type NamedField struct{ Name, Type string }

// Signature is what a function takes and returns.
type Signature struct {
	Name     QualifiedName
	Inputs   []string // types
	Returned string
	SetOf    bool
	OneRow   bool // the set has at most one row
	// Executable is set unless a role was asked for that may not call the function.
	Executable bool
	// Row is the exposed relation of which the function takes one row as its only parameter, or the zero name.
	Row QualifiedName
	// Fields are the columns of TABLE, OUT and INOUT parameters.
	Fields []NamedField
}

// Grant is what a role may do with a column.
type Grant struct{ Select, Insert, Update bool }

// LoadTyping reads what describes the types of the exposed schemas in one transaction, with the privileges of a role
// unless that is "". The connection must be idle, and is idle afterwards; after an error it must be closed.
func LoadTyping(ctx context.Context, conn *pgx.Conn, o Options, role string) (*Typing, error) {
	l := newLoader(conn, o)
	typing := &Typing{}
	var roleParam []byte
	if role != "" {
		roleParam = []byte(role)
		typing.Grants = make(map[QualifiedName]map[string]Grant)
	}
	asked := append(l.exposed(), roleParam)
	return typing, l.run(ctx, []step{
		{"", func(ctx context.Context) error {
			return l.query(ctx, "described_types", l.exposed(), func(r *row) { typing.Types = append(typing.Types, readNamedType(r)) })
		}},
		{"", func(ctx context.Context) error {
			return l.query(ctx, "described_functions", asked, func(r *row) { typing.Functions = append(typing.Functions, readSignature(r)) })
		}},
		{"", func(ctx context.Context) error {
			if role == "" {
				return nil
			}
			return l.query(ctx, "described_grants", asked, typing.readGrant)
		}},
	})
}

func readNamedType(r *row) NamedType {
	return NamedType{
		Name: r.name(), Written: r.text(), Kind: TypeKind(r.char()), Base: r.text(), JSONCast: r.bool(),
		Labels: r.textArray(), Fields: readFields(r),
	}
}

func readSignature(r *row) Signature {
	return Signature{
		Name: r.name(), Inputs: r.textArray(), Returned: r.text(), SetOf: r.bool(), OneRow: r.bool(), Executable: r.bool(),
		Row: r.name(), Fields: readFields(r),
	}
}

// readFields reads two columns, names and types.
func readFields(r *row) []NamedField {
	names, types := r.textArray(), r.textArray()
	fields := make([]NamedField, len(names))
	for i := range names {
		fields[i] = NamedField{names[i], types[i]}
	}
	return fields
}

func (t *Typing) readGrant(r *row) {
	name, column := r.name(), r.text()
	if t.Grants[name] == nil {
		t.Grants[name] = make(map[string]Grant)
	}
	t.Grants[name][column] = Grant{Select: r.bool(), Insert: r.bool(), Update: r.bool()}
}
