package cache

import (
	"slices"
	"strings"
)

// Operators is a set of SQL operators by name.
type Operators uint32

// operatorNames returns the names of all operators that statements of the gateway contain, by which the bits of
// [Operators] are numbered: those of filters, of JSON paths, and of the gateway's own expressions.
func operatorNames() []string {
	return []string{
		"=", ">=", ">", "<=", "<", "~~", "~~*", "~", "~*", "<>", "@>", "<@", "&&", "<<", ">>", "&<", "&>", "-|-", "@@",
		"->", "->>", "#>>", "||", "+", "-",
	}
}

// OperatorsOf returns the set of the operators with the given names. Unknown names are a mistake in the program.
func OperatorsOf(names ...string) Operators {
	var set Operators
	for _, name := range names {
		at := slices.Index(operatorNames(), name)
		if at < 0 {
			panic("BUG: unknown operator " + name)
		}
		set |= 1 << at
	}
	return set
}

// allOperators returns the set of all operators that statements of the gateway contain.
func allOperators() Operators { return OperatorsOf(operatorNames()...) }

// Has reports whether o contains all of other.
func (o Operators) Has(other Operators) bool { return o&other == other }

// MarshalText returns the operators' names, separated by spaces, or "all".
func (o Operators) MarshalText() ([]byte, error) {
	if o == allOperators() {
		return []byte("all"), nil
	}
	var names []string
	for i, name := range operatorNames() {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return []byte(strings.Join(names, " ")), nil
}

// OperatorUse describes operators on values of a type. The value is the left operand; the right one is a parameter
// whose type PostgreSQL infers.
type OperatorUse struct {
	// Pure are the operators that run only PostgreSQL's own code.
	Pure Operators `json:"pure,omitempty"`
	// Fixed are those whose meaning, and whose messages about wrong values, do not depend on the search path.
	Fixed Operators `json:"fixed,omitempty"`
}
