-- The settings of the roles that the role that is logged in may become: what ALTER ROLE ... IN DATABASE ... SET says of
-- each, then ALTER ROLE ... SET. Those of the role itself are in force already.
SELECT DISTINCT ON (r.rolname, pg_catalog.lower(setting.name)) r.rolname, setting.name, setting.value
FROM pg_catalog.pg_roles AS r
JOIN pg_catalog.pg_db_role_setting AS s ON s.setrole OPERATOR(pg_catalog.=) r.oid
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS entry
CROSS JOIN LATERAL (
  SELECT pg_catalog.split_part(entry, '=', 1) AS name,
         pg_catalog.substr(entry, pg_catalog.strpos(entry, '=') OPERATOR(pg_catalog.+) 1) AS value
) AS setting
WHERE (s.setdatabase OPERATOR(pg_catalog.=) 0
    OR s.setdatabase OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
  AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')
  AND r.rolname OPERATOR(pg_catalog.<>) current_user
ORDER BY r.rolname, pg_catalog.lower(setting.name), s.setdatabase DESC
