-- What is there to know of the server and the role that is logged in: its connections are limited by the server, less those
-- that are for others, and by the role's own limit, -1 for none.
SELECT pg_catalog.version(), session_user::pg_catalog.text, pg_catalog.pg_is_in_recovery(), r.rolsuper,
  pg_catalog.pg_backend_pid(), m.max,
  CASE WHEN r.rolconnlimit OPERATOR(pg_catalog.<) 0 THEN m.max ELSE LEAST(m.max, r.rolconnlimit) END
FROM pg_catalog.pg_roles AS r
CROSS JOIN LATERAL (
  SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int4
    OPERATOR(pg_catalog.-) pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4 AS max
) AS m
WHERE r.rolname OPERATOR(pg_catalog.=) session_user
