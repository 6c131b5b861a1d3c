-- The settings of ALTER ROLE … SET for the roles that the role that is logged in may become. Restricted settings are
-- those that only superusers may set, and others whom GRANT SET ON PARAMETER allows it.
SELECT r.rolname, s.name, setting.value, s.context = 'superuser' AS restricted
FROM pg_catalog.pg_auth_members AS m
JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid
CROSS JOIN LATERAL pg_catalog.unnest(r.rolconfig) AS entry
CROSS JOIN LATERAL (
  SELECT pg_catalog.split_part(entry, '=', 1) AS name,
         pg_catalog.substr(entry, pg_catalog.strpos(entry, '=') + 1) AS value
) AS setting
JOIN pg_catalog.pg_settings AS s ON pg_catalog.lower(s.name) = pg_catalog.lower(setting.name)
WHERE m.member = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
  AND s.context IN ('user', 'superuser')
ORDER BY r.rolname, s.name
