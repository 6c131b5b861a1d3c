package openapi

import (
	"slices"

	"trunkline/cache"
)

// Privileges are a role's privileges on a relation, granted to itself or to the roles that it inherits from (PostgreSQL
// manual, Privileges).
type Privileges struct {
	Select, Insert, Update Columns
	// Delete cannot be granted on columns.
	Delete bool
}

// Columns is the set of columns that a privilege covers: all of a relation, or those named.
type Columns struct {
	All   bool
	Names map[string]bool
}

// allPrivileges returns the privileges of a relation's owner.
func allPrivileges() Privileges {
	all := Columns{All: true}
	return Privileges{Select: all, Insert: all, Update: all, Delete: true}
}

// covers reports whether the set contains a column.
func (c Columns) covers(column string) bool { return c.All || c.Names[column] }

// of returns the covered columns of a relation, in the relation's order.
func (c Columns) of(t *cache.Table) []*cache.Column {
	var covered []*cache.Column
	for i := range t.Columns {
		if c.covers(t.Columns[i].Name) {
			covered = append(covered, &t.Columns[i])
		}
	}
	return covered
}

// relation is a relation with the operations that its kind supports and the role may perform.
type relation struct {
	table              *cache.Table
	id                 string // part of the names of components and operations
	relationships      []*cache.Relationship
	related            []related       // with Input.Extensions
	rows               []*cache.Column // that can be read
	inserts, updates   []*cache.Column // that can be written
	required           []string        // that an insert must name
	readable, writable bool
	insertable         bool
	updatable          bool
	deletable          bool
}

// relations returns the relations that can be read or written in some way, sorted by name.
func (in *Input) relations() []*relation {
	var relations []*relation
	for _, t := range in.sortedTables() {
		if r := in.relation(t); r.readable || r.writable {
			relations = append(relations, r)
		}
	}
	if in.Extensions {
		relate(relations)
	}
	return relations
}

func (in *Input) relation(t *cache.Table) *relation {
	may := allPrivileges()
	if in.Privileges != nil {
		may = in.Privileges(t.Name)
	}
	r := &relation{
		table: t, id: identifier(t.Name.Name), relationships: in.Relationships(t.Name),
		rows: may.Select.of(t), inserts: written(may.Insert.of(t)), updates: written(may.Update.of(t)),
	}
	r.readable = may.Select.All || len(r.rows) > 0
	r.insertable = t.Insertable && (may.Insert.All || len(r.inserts) > 0)
	r.required = requiredColumns(r.inserts)
	r.updatable = t.Updatable && len(r.updates) > 0
	r.deletable = t.Deletable && may.Delete
	r.writable = r.insertable || r.updatable || r.deletable
	return r
}

// written returns the columns that can be written. That excludes generated columns, whatever is granted.
func written(columns []*cache.Column) []*cache.Column {
	return slices.DeleteFunc(columns, func(c *cache.Column) bool { return c.Generated })
}

// requiredColumns returns the columns that have no default and are not nullable.
func requiredColumns(inserts []*cache.Column) []string {
	var required []string
	for _, c := range inserts {
		if !c.Nullable && c.Default == "" {
			required = append(required, c.Name)
		}
	}
	return required
}

// upsertable reports whether a row can be put at its primary key: the columns of the key can be read, and all columns
// can be inserted and updated.
func (r *relation) upsertable() bool {
	if !r.insertable || !r.updatable || len(r.table.PrimaryKey) == 0 {
		return false
	}
	for _, name := range r.table.PrimaryKey {
		if find(r.rows, name) == nil || find(r.inserts, name) == nil {
			return false
		}
	}
	return true
}

// find returns the column with this name, or nil.
func find(columns []*cache.Column, name string) *cache.Column {
	for _, c := range columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}
