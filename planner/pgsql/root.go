package pgsql

// Access is the body of the answer to [Root], in JSON: what the requesting role may use in a schema.
type Access struct {
	Comment  *string         `json:"comment"` // the schema's, nil if it has none
	Tables   []TableAccess   `json:"tables"`
	Routines []RoutineAccess `json:"routines"`
}

// TableAccess is what the role may do with a relation. It includes at least one privilege.
type TableAccess struct {
	Name   string `json:"name"`
	Select bool   `json:"select"`
	Insert bool   `json:"insert"`
	Update bool   `json:"update"`
	Delete bool   `json:"delete"`
	// Columns is what the role may do with each column, in their order, or nil if that is the same for all columns.
	// Generated columns cannot be written.
	Columns []ColumnAccess `json:"columns"`
}

// ColumnAccess is what the role may do with a column.
type ColumnAccess struct {
	Name   string `json:"name"`
	Select bool   `json:"select"`
	Insert bool   `json:"insert"`
	Update bool   `json:"update"`
}

// RoutineAccess is a function that the role may execute. Overloads are identified by the names of their input
// arguments.
type RoutineAccess struct {
	Name      string   `json:"name"`
	Arguments []string `json:"arguments"` // "" for one without a name
}

// Root returns the statement for the API description of a schema. Its columns are those of a main statement. The body
// is an [Access], with only the comment if privileges is not set.
func Root(schema string, privileges bool) Statement {
	w := newWriter()
	w.text("SELECT current_user, NULL::bigint, 1, ")
	w.settings()
	w.text(", NULL::pg_catalog.text[], NULL::int, " +
		"pg_catalog.json_build_object('comment', pg_catalog.obj_description(n.oid, 'pg_namespace')")
	if privileges {
		w.text(", 'tables', (" + accessibleTables + "), 'routines', (" + accessibleRoutines + ")")
	}
	w.text(") FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ")
	w.value(schema)
	return w.statement()
}

const accessibleTables = `
  SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', c.relname,
      'select', pg_catalog.has_table_privilege(c.oid, 'SELECT'),
      'insert', pg_catalog.has_table_privilege(c.oid, 'INSERT'),
      'update', pg_catalog.has_table_privilege(c.oid, 'UPDATE'),
      'delete', pg_catalog.has_table_privilege(c.oid, 'DELETE'),
      'columns', CASE
        WHEN pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
          OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT') AND NOT pg_catalog.has_table_privilege(c.oid, 'INSERT')
          OR pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') AND NOT pg_catalog.has_table_privilege(c.oid, 'UPDATE')
          OR EXISTS (
            SELECT FROM pg_catalog.pg_attribute a
            WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
              AND a.attnum OPERATOR(pg_catalog.>) 0
              AND (a.attgenerated OPERATOR(pg_catalog.<>) '' OR a.attidentity OPERATOR(pg_catalog.=) 'a')
          )
        THEN (
          SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
              'name', a.attname,
              'select', pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'),
              'insert', pg_catalog.has_column_privilege(c.oid, a.attnum, 'INSERT')
                AND a.attgenerated OPERATOR(pg_catalog.=) '' AND a.attidentity OPERATOR(pg_catalog.<>) 'a',
              'update', pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE')
                AND a.attgenerated OPERATOR(pg_catalog.=) '' AND a.attidentity OPERATOR(pg_catalog.<>) 'a'
            ) ORDER BY a.attnum)
          FROM pg_catalog.pg_attribute a
          WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0
            AND NOT a.attisdropped
        )
      END
    ) ORDER BY c.relname)
  FROM pg_catalog.pg_class c
  WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
    AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v,m,f,p}')
    AND NOT c.relispartition
    AND (
      pg_catalog.pg_has_role(c.relowner, 'USAGE')
      OR pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
      OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
    )
`

const accessibleRoutines = `
  SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', p.proname, 'arguments', ARRAY(
      SELECT coalesce(p.proargnames[i], '')
      FROM pg_catalog.generate_series(1, coalesce(pg_catalog.cardinality(p.proargmodes), p.pronargs)) i
      WHERE coalesce(p.proargmodes[i], 'i') OPERATOR(pg_catalog.=) ANY ('{i,b,v}')
      ORDER BY i
    )) ORDER BY p.proname, p.oid)
  FROM pg_catalog.pg_proc p
  WHERE p.pronamespace OPERATOR(pg_catalog.=) n.oid
    AND p.prokind OPERATOR(pg_catalog.=) 'f'
    AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
`
