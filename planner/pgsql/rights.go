package pgsql

import "trunkline/cache"

// Rights is the body of the answer to [RightsOf], in JSON: what the requesting role may do with a relation.
type Rights struct {
	// Select is set if it may read all columns, Filter if it may read those that were asked for.
	Select bool `json:"select"`
	Filter bool `json:"filter"`
	// Insert and Update are set if it may write the columns that were asked for.
	Insert bool `json:"insert"`
	Update bool `json:"update"`
	Delete bool `json:"delete"`
	// Policies is set if row-level security applies to the role.
	Policies bool `json:"policies"`
}

// RightsOf returns the statement that asks what the role may do with a relation, and with the columns that it writes and
// filters by. Its columns are those of a main statement. The body is a [Rights], or NULL if the relation is gone.
func RightsOf(relation cache.QualifiedName, written, filtered []string) Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, 1, ")
	w.settings()
	w.text(", NULL::pg_catalog.text[], NULL::int, (SELECT pg_catalog.json_build_object(" +
		"'select', pg_catalog.has_table_privilege(c.oid, 'SELECT'), 'filter', ")
	w.mayAll("SELECT", filtered)
	w.text(", 'insert', ")
	w.mayAll("INSERT", written)
	w.text(", 'update', ")
	w.mayAll("UPDATE", written)
	w.text(", 'delete', pg_catalog.has_table_privilege(c.oid, 'DELETE'), 'policies', pg_catalog.row_security_active(c.oid)) " +
		"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace " +
		"WHERE n.nspname OPERATOR(pg_catalog.=) ")
	w.value(relation.Schema)
	w.text(" AND c.relname OPERATOR(pg_catalog.=) ")
	w.value(relation.Name)
	w.text(")")
	s := w.statement()
	s.Once = true
	return s
}

// mayAll writes whether the role has a privilege on all of some columns of c.
func (w *writer) mayAll(privilege constant, columns []string) {
	w.text("NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attname " +
		"OPERATOR(pg_catalog.=) ANY (")
	w.array(columns)
	w.text("::pg_catalog.name[]) AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, '")
	w.text(privilege)
	w.text("'))")
}
