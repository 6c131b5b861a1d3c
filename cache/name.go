package cache

import "cmp"

// QualifiedName names a relation, routine or type: a schema and a name in it. An empty schema means that the name
// is resolved by the search path.
type QualifiedName struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
}

// String returns schema.name, unquoted, as error messages show it.
func (n QualifiedName) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// Compare orders names by schema, then name, in byte order.
func (n QualifiedName) Compare(o QualifiedName) int {
	if c := cmp.Compare(n.Schema, o.Schema); c != 0 {
		return c
	}
	return cmp.Compare(n.Name, o.Name)
}
