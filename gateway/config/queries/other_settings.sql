-- The names of the settings pgrst.... of the role that is logged in which are not among some. $1: these, as text[].
SELECT DISTINCT pg_catalog.split_part(entry, '=', 1) AS name
FROM pg_catalog.pg_db_role_setting AS s
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS entry
WHERE s.setrole OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user)
  AND (s.setdatabase OPERATOR(pg_catalog.=) 0
    OR s.setdatabase OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
  AND pg_catalog.starts_with(entry, 'pgrst.')
  AND NOT pg_catalog.split_part(entry, '=', 1) OPERATOR(pg_catalog.=) ANY ($1)
ORDER BY name
