-- What the server sets for a new session of the role that is logged in, in this database: ALTER ROLE ... SET, ALTER
-- DATABASE ... SET, both together, and ALTER ROLE ALL SET. One text, equal if nothing was changed.
SELECT coalesce(pg_catalog.string_agg(
  pg_catalog.format('%s %s %s', s.setdatabase, s.setrole, s.setconfig), E'\n' ORDER BY s.setdatabase, s.setrole), '')
FROM pg_catalog.pg_db_role_setting AS s
WHERE (s.setrole OPERATOR(pg_catalog.=) 0
    OR s.setrole OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) session_user))
  AND (s.setdatabase OPERATOR(pg_catalog.=) 0
    OR s.setdatabase OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
