-- Whether a role exists, whether the role that is logged in can switch to it, and who that is.
SELECT r.oid IS NOT NULL,
  COALESCE(pg_catalog.pg_has_role(session_user, r.oid, CASE
    WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.>=) 160000 THEN 'SET'
    ELSE 'MEMBER' END), false),
  session_user::pg_catalog.text
FROM (SELECT $1::pg_catalog.text AS name) AS wanted
LEFT JOIN pg_catalog.pg_roles AS r ON r.rolname::pg_catalog.text OPERATOR(pg_catalog.=) wanted.name
