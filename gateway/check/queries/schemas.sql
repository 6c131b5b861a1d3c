-- Which of some schemas exist, and whether a role may use them. $1: their names, as text[]. $2: the role, or ''.
SELECT wanted.name, n.oid IS NOT NULL,
  n.oid IS NOT NULL AND (r.oid IS NULL OR pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'))
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS wanted (name, position)
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) wanted.name
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname::pg_catalog.text OPERATOR(pg_catalog.=) $2::pg_catalog.text
ORDER BY wanted.position
