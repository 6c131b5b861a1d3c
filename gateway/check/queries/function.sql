-- Whether a function without required arguments exists, and whether a role may call it. $1: its schema, or NULL for any
-- of some; $2: its name; $3: the schemas, as text[]; $4: the role, or ''.
SELECT pg_catalog.count(p.oid) OPERATOR(pg_catalog.>) 0,
  pg_catalog.bool_or(r.oid IS NULL OR pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
    AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'))
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname::pg_catalog.text OPERATOR(pg_catalog.=) $4::pg_catalog.text
WHERE p.proname::pg_catalog.text OPERATOR(pg_catalog.=) $2::pg_catalog.text
  AND p.pronargs OPERATOR(pg_catalog.=) p.pronargdefaults
  AND (n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $1::pg_catalog.text
    OR $1 IS NULL AND n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.text[]))
