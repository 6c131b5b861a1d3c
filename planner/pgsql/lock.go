package pgsql

import "trunkline/planner"

// Lock returns the statement that locks the rows which a write with a condition finds, but no more than two, until the
// end of the transaction. Its columns are those of a main statement; [ColumnPageTotal] is the number of the rows. The
// role needs the privilege to update. Others may still refer to the rows by foreign keys.
func Lock(m *planner.Mutation) Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, (SELECT pg_catalog.count(*) FROM (SELECT FROM ")
	w.target(m)
	w.modified(m)
	w.text(" LIMIT 2 FOR NO KEY UPDATE) AS locked), NULL::pg_catalog.text, NULL::pg_catalog.text, " +
		"NULL::pg_catalog.text[], NULL::int, ''")
	return w.statement()
}
