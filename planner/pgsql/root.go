package pgsql

// Access is the body of the answer to [Root], in JSON: what the asking role may use of a schema.
type Access struct {
	Comment  *string         `json:"comment"` // the schema's, nil if it has none
	Tables   []TableAccess   `json:"tables"`
	Routines []RoutineAccess `json:"routines"`
}

// TableAccess tells what the role may do with a relation, which it may use in some way at least.
type TableAccess struct {
	Name   string `json:"name"`
	Select bool   `json:"select"`
	Insert bool   `json:"insert"`
	Update bool   `json:"update"`
	Delete bool   `json:"delete"`
	// Columns tells what the role may do with each column, in their order, if that is not the same for all of them; else
	// it is nil. Columns that PostgreSQL generates can't be written.
	Columns []ColumnAccess `json:"columns"`
}

// ColumnAccess tells what the role may do with a column.
type ColumnAccess struct {
	Name   string `json:"name"`
	Select bool   `json:"select"`
	Insert bool   `json:"insert"`
	Update bool   `json:"update"`
}

// RoutineAccess is a function that the role may execute. Overloads are told apart by the names of their input
// arguments.
type RoutineAccess struct {
	Name      string   `json:"name"`
	Arguments []string `json:"arguments"` // "" for one without a name
}

// Root returns the statement for the API description of a schema. It answers as a main statement does; the body is an
// [Access], with privileges false of the comment only.
func Root(schema string, privileges bool) Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, 1, ")
	w.settings()
	w.text(", NULL::text[], NULL::int, json_build_object('comment', obj_description(n.oid, 'pg_namespace')")
	if privileges {
		w.text(", 'tables', (" + accessibleTables + "), 'routines', (" + accessibleRoutines + ")")
	}
	w.text(") FROM pg_namespace n WHERE n.nspname = ")
	w.value(schema)
	return w.statement()
}

const accessibleTables = `
  SELECT json_agg(json_build_object(
      'name', c.relname,
      'select', has_table_privilege(c.oid, 'SELECT'),
      'insert', has_table_privilege(c.oid, 'INSERT'),
      'update', has_table_privilege(c.oid, 'UPDATE'),
      'delete', has_table_privilege(c.oid, 'DELETE'),
      'columns', CASE
        WHEN has_any_column_privilege(c.oid, 'SELECT') AND NOT has_table_privilege(c.oid, 'SELECT')
          OR has_any_column_privilege(c.oid, 'INSERT') AND NOT has_table_privilege(c.oid, 'INSERT')
          OR has_any_column_privilege(c.oid, 'UPDATE') AND NOT has_table_privilege(c.oid, 'UPDATE')
          OR EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND (a.attgenerated <> '' OR a.attidentity = 'a')
          )
        THEN (
          SELECT json_agg(json_build_object(
              'name', a.attname,
              'select', has_column_privilege(c.oid, a.attnum, 'SELECT'),
              'insert', has_column_privilege(c.oid, a.attnum, 'INSERT') AND a.attgenerated = '' AND a.attidentity <> 'a',
              'update', has_column_privilege(c.oid, a.attnum, 'UPDATE') AND a.attgenerated = '' AND a.attidentity <> 'a'
            ) ORDER BY a.attnum)
          FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        )
      END
    ) ORDER BY c.relname)
  FROM pg_class c
  WHERE c.relnamespace = n.oid
    AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
    AND NOT c.relispartition
    AND (
      pg_has_role(c.relowner, 'USAGE')
      OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
      OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
    )
`

const accessibleRoutines = `
  SELECT json_agg(json_build_object('name', p.proname, 'arguments', ARRAY(
      SELECT coalesce(p.proargnames[i], '')
      FROM generate_series(1, coalesce(cardinality(p.proargmodes), p.pronargs)) i
      WHERE coalesce(p.proargmodes[i], 'i') IN ('i', 'b', 'v')
      ORDER BY i
    )) ORDER BY p.proname, p.oid)
  FROM pg_proc p
  WHERE p.pronamespace = n.oid AND p.prokind = 'f' AND has_function_privilege(p.oid, 'EXECUTE')
`
