-- What ALTER ROLE ... SET pgrst.... says of the role that is logged in. A setting for this database comes before one for
-- all of them. $1: the names of the settings, as text[].
SELECT DISTINCT ON (name) name, value
FROM pg_catalog.pg_db_role_setting AS s
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS entry
CROSS JOIN LATERAL (
  SELECT pg_catalog.split_part(entry, '=', 1) AS name,
         pg_catalog.substr(entry, pg_catalog.strpos(entry, '=') OPERATOR(pg_catalog.+) 1) AS value
) AS setting
WHERE s.setrole OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) current_user)
  AND (s.setdatabase OPERATOR(pg_catalog.=) 0
    OR s.setdatabase OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
  AND name OPERATOR(pg_catalog.=) ANY ($1)
ORDER BY name, s.setdatabase DESC
