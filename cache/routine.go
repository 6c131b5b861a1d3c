package cache

// Volatility is pg_proc.provolatile.
type Volatility byte

// The volatilities (PostgreSQL manual, Function Volatility Categories).
const (
	Volatile  Volatility = 'v'
	Stable    Volatility = 's'
	Immutable Volatility = 'i'
)

// String returns the category's name.
func (v Volatility) String() string {
	switch v {
	case Stable:
		return "stable"
	case Immutable:
		return "immutable"
	default:
		return "volatile"
	}
}

// MarshalText returns what String does.
func (v Volatility) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Routine is a function that can be called. Overloads are separate routines under one name.
type Routine struct {
	Name        QualifiedName `json:"-"`
	Description string        `json:"description,omitempty"` // COMMENT ON, "" if none
	Params      []Param       `json:"params,omitempty"`      // input parameters in order
	Return      ReturnType    `json:"return"`
	Volatility  Volatility    `json:"volatility"`
	Variadic    bool          `json:"variadic,omitempty"` // the last parameter is VARIADIC
	// Isolation is the function's own default_transaction_isolation: "serializable", "repeatable read" or "read
	// committed", "" if it sets none.
	Isolation string `json:"isolation,omitempty"`
	// Settings are those of the function's SET clauses that db-hoisted-tx-settings selects.
	Settings []Setting `json:"settings,omitempty"`
}

// Param is an input parameter of a routine.
type Param struct {
	Name string `json:"name"` // "" if unnamed
	Type string `json:"type"` // as format_type writes it
	// CastType is Type without the length limits of char and bit, so that the cast does not truncate a value.
	CastType string `json:"cast_type"`
	Required bool   `json:"required"` // has no default
	Variadic bool   `json:"variadic,omitempty"`
}

// Setting is a configuration parameter (GUC) and its value.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ReturnType is the type that a routine returns.
type ReturnType struct {
	// Type is the returned type, domains resolved; for a composite type the name of its relation.
	Type  QualifiedName `json:"type"`
	SetOf bool          `json:"set_of"`
	// Composite is set for composite types and for TABLE, OUT and INOUT parameters.
	Composite bool `json:"composite"`
	// DomainOverComposite is set if Type is composite and a domain was resolved to it.
	DomainOverComposite bool `json:"domain,omitempty"`
}

// ReturnsScalar reports whether the routine returns exactly one value that is not a row.
func (r *Routine) ReturnsScalar() bool { return !r.Return.SetOf && !r.Return.Composite }

// ReturnsSetOfScalar reports whether the routine returns a set of values that are not rows.
func (r *Routine) ReturnsSetOfScalar() bool { return r.Return.SetOf && !r.Return.Composite }

// ReturnsSingle reports whether the routine returns exactly one value or row.
func (r *Routine) ReturnsSingle() bool { return !r.Return.SetOf }

// ReturnsVoid reports whether the routine returns void.
func (r *Routine) ReturnsVoid() bool {
	return r.ReturnsScalar() && r.Return.Type == QualifiedName{"pg_catalog", "void"}
}

// RelationName returns the relation whose rows the routine returns, or "" if it does not return rows of one. The
// relation is looked up in the routine's own schema.
func (r *Routine) RelationName() string {
	if !r.Return.Composite {
		return ""
	}
	return r.Return.Type.Name
}
