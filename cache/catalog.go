package cache

// Catalog is what introspection reads from a database, before anything is derived from it. It refers to objects by
// name, never by oid, so that catalogs with the same content are deeply equal. [Build] creates a [Snapshot] from it.
// Tests can write one as a literal.
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
	// Tables are the relations of the exposed schemas; a load has them in the order of their names. PrimaryKey is in the
	// key's own order; views have none.
	Tables []*Table
	// HiddenKeys are primary keys of tables that are not exposed, in other schemas or partitions: views may show them.
	HiddenKeys []PrimaryKey
	// ForeignKeys are those of all schemas: views may show their columns.
	ForeignKeys []ForeignKey
	// ViewColumns are the columns of exposed views that show key columns of base tables. The columns of one view are in
	// attnum order.
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
	// Unique is set if Table's columns are exactly those of a primary key or unique constraint, so that at most one row
	// of Table references a row of Foreign.
	Unique bool
}

// ViewColumn means that Column of View shows TableColumn of Table, which is not a view, unchanged.
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
