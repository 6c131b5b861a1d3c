package cache

// Volatility is pg_proc.provolatile.
type Volatility byte

// The volatilities (PostgreSQL manual, Function Volatility Categories).
const (
	Volatile  Volatility = 'v'
	Stable    Volatility = 's'
	Immutable Volatility = 'i'
)

// Routine is a function that can be called. Overloads are separate routines under one name.
type Routine struct {
	Name        QualifiedName
	Description string
	Params      []Param // input parameters in order
	Return      ReturnType
	Volatility  Volatility
	Variadic    bool // the last parameter is VARIADIC
	// Isolation is the function's own default_transaction_isolation ("serializable", "repeatable read", …), "" if
	// it sets none.
	Isolation string
	// Settings are those of the function's SET clauses that db-hoisted-tx-settings selects.
	Settings []Setting
}

// Param is an input parameter of a routine.
type Param struct {
	Name string // "" if unnamed
	Type string // as format_type writes it
	// CastType is Type without the length limits of char and bit, so that a value is not cut by the cast.
	CastType string
	Required bool // has no default
	Variadic bool
}

// Setting is a configuration parameter (GUC) and its value.
type Setting struct {
	Name, Value string
}

// ReturnType is what a routine returns.
type ReturnType struct {
	// Type is the returned type, domains resolved; for a composite type the name of its relation.
	Type  QualifiedName
	SetOf bool
	// Composite is set for composite types and for TABLE, OUT and INOUT parameters.
	Composite bool
	// DomainOverComposite is set if a domain was resolved.
	DomainOverComposite bool
}

// ReturnsScalar tells whether the routine returns exactly one value that is no row.
func (r *Routine) ReturnsScalar() bool { return !r.Return.SetOf && !r.Return.Composite }

// ReturnsSetOfScalar tells whether the routine returns a set of values that are no rows.
func (r *Routine) ReturnsSetOfScalar() bool { return r.Return.SetOf && !r.Return.Composite }

// ReturnsSingleComposite tells whether the routine returns exactly one row.
func (r *Routine) ReturnsSingleComposite() bool { return !r.Return.SetOf && r.Return.Composite }

// ReturnsSingle tells whether the routine returns exactly one value or row.
func (r *Routine) ReturnsSingle() bool { return !r.Return.SetOf }

// ReturnsVoid tells whether the routine returns void.
func (r *Routine) ReturnsVoid() bool {
	return r.ReturnsScalar() && r.Return.Type == QualifiedName{"pg_catalog", "void"}
}

// RelationName is the name of the relation whose rows the routine returns, "" if it returns no rows of one. The
// relation is looked for in the routine's own schema.
func (r *Routine) RelationName() string {
	if !r.Return.Composite {
		return ""
	}
	return r.Return.Type.Name
}
