package cache

// Catalog is what introspection reads from a database, before anything is inferred from it. It names objects, never
// by oid, so that two catalogs of the same content are deeply equal. [Build] makes a [Snapshot] of it; a test may
// write one as a literal.
type Catalog struct {
	// ServerVersion and ServerVersionText are those of [Snapshot].
	ServerVersion     int
	ServerVersionText string
	// Standby, DynamicSQL and Expressions are those of [Snapshot].
	Standby     bool
	DynamicSQL  bool
	Expressions Expressions
	// Schemas are the exposed schemas, in configured order.
	Schemas []string
	// Tables are the relations of the exposed schemas, with PrimaryKey in the key's own order and none for views.
	Tables []Table
	// HiddenKeys are primary keys of tables that are not served, in other schemas or partitions: views may show them.
	HiddenKeys []PrimaryKey
	// ForeignKeys are those of all schemas: views may show their columns.
	ForeignKeys []ForeignKey
	// ViewColumns say which key columns of base tables the views of the exposed schemas show. The columns of one view
	// are in attnum order.
	ViewColumns []ViewColumn
	// Routines are the functions of the exposed schemas that can be called.
	Routines []Routine
	// ComputedRelationships are the functions from a row to rows, of all schemas.
	ComputedRelationships []ComputedRelationship
	Representations       []Representation
	MediaHandlers         []MediaHandler
}

// PrimaryKey is a primary key constraint.
type PrimaryKey struct {
	Table   QualifiedName
	Columns []string // in the key's order
}

// ForeignKey is a foreign key constraint.
type ForeignKey struct {
	Name string
	// Table has the constraint, Foreign is referenced.
	Table, Foreign QualifiedName
	// Columns pair Table's columns with Foreign's, in the key's order.
	Columns []ColumnPair
	// Unique is set if Table's columns are exactly those of a primary key or unique constraint, so that at most one
	// row of Table refers to a row of Foreign.
	Unique bool
}

// ViewColumn tells that column Column of View shows TableColumn of Table, which is no view, unchanged.
type ViewColumn struct {
	View        QualifiedName
	Column      string
	Table       QualifiedName
	TableColumn string
}

// ComputedRelationship is a function that takes a row of Table and returns rows of Foreign.
type ComputedRelationship struct {
	Function, Table, Foreign QualifiedName
	SingleRow                bool // at most one row
}

// Representation is the implicit cast by Function from type Source to type Target, both as format_type writes them,
// one of which is a domain and the other json or text.
type Representation struct {
	Source   string        `json:"source"`
	Target   string        `json:"target"`
	Function QualifiedName `json:"function"`
}
