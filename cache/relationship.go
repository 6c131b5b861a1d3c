package cache

// Cardinality is the kind of a relationship, seen from its Table to its Foreign.
type Cardinality uint8

// The cardinalities.
const (
	ManyToOne Cardinality = iota
	OneToMany
	OneToOne
	ManyToMany
	Computed // by a function of one row of Table that returns rows of Foreign
)

// ColumnPair joins a column of a relationship's Table to one of its Foreign, or of a junction.
type ColumnPair struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Relationship describes how rows of Table are related to rows of Foreign.
type Relationship struct {
	Table       QualifiedName `json:"table"`
	Foreign     QualifiedName `json:"foreign"`
	Cardinality Cardinality   `json:"cardinality"`
	Self        bool          `json:"self,omitempty"` // Table and Foreign are the same relation

	// Constraint is the foreign key's name; Columns pair Table's with Foreign's. Both are empty for ManyToMany and
	// Computed.
	Constraint string       `json:"constraint,omitempty"`
	Columns    []ColumnPair `json:"columns,omitempty"`
	// Referenced is set on a OneToOne whose Table is the one that the foreign key references.
	Referenced bool `json:"referenced,omitempty"`

	TableIsView   bool `json:"table_is_view,omitempty"`
	ForeignIsView bool `json:"foreign_is_view,omitempty"`

	Junction *Junction `json:"junction,omitempty"` // ManyToMany only

	// Function computes the relationship, and returns at most one row if SingleRow. Computed only.
	Function  QualifiedName `json:"function,omitzero"`
	SingleRow bool          `json:"single_row,omitempty"`
}

// Junction is the table between the two sides of a many-to-many relationship.
type Junction struct {
	Table QualifiedName `json:"table"`
	// Constraint1 references the relationship's Table, Constraint2 its Foreign.
	Constraint1 string `json:"constraint1"`
	Constraint2 string `json:"constraint2"`
	// Source pairs columns of the relationship's Table with the junction's, Target those of Foreign with the
	// junction's.
	Source []ColumnPair `json:"source"`
	Target []ColumnPair `json:"target"`
}

// CertainlyOne reports whether a unique key of a table guarantees at most one row of Foreign for each row. The declaration
// of a view or a function is not a guarantee.
func (r *Relationship) CertainlyOne() bool {
	return (r.Cardinality == ManyToOne || r.Cardinality == OneToOne) && !r.ForeignIsView
}

// ToOne reports whether a row of Table is related to at most one row of Foreign, so that it is embedded as an object.
func (r *Relationship) ToOne() bool {
	switch r.Cardinality {
	case ManyToOne, OneToOne:
		return true
	case Computed:
		return r.SingleRow
	default:
		return false
	}
}

// String returns the cardinality's name, as used in error messages.
func (c Cardinality) String() string {
	return [...]string{"many-to-one", "one-to-many", "one-to-one", "many-to-many", "computed"}[c]
}

// MarshalText returns what String does.
func (c Cardinality) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
