-- What there is of the table of keys: the kind of each object, its name, its owner, the body of a function, and whether a
-- role may use it. $1: the role, or ''.
WITH role AS (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname::pg_catalog.text OPERATOR(pg_catalog.=) $1::pg_catalog.text),
schema AS (SELECT n.* FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) 'trunkline_idempotency'::pg_catalog.name)
SELECT 'schema', n.nspname::pg_catalog.text, pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text, '',
  NOT EXISTS (SELECT FROM role WHERE NOT pg_catalog.has_schema_privilege(role.oid, n.oid, 'USAGE'))
FROM schema AS n
UNION ALL
SELECT 'table', c.relname::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text, '', true
FROM schema AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
WHERE c.relname OPERATOR(pg_catalog.=) 'answers'::pg_catalog.name AND c.relkind OPERATOR(pg_catalog.=) 'r'::"char"
UNION ALL
SELECT 'function', p.proname::pg_catalog.text, pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text, p.prosrc,
  NOT EXISTS (SELECT FROM role WHERE NOT pg_catalog.has_function_privilege(role.oid, p.oid, 'EXECUTE'))
FROM schema AS n JOIN pg_catalog.pg_proc AS p ON p.pronamespace OPERATOR(pg_catalog.=) n.oid
