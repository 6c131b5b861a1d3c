-- Which database this is: the identifier of its cluster, on a primary the timeline, its name and oid, the role that
-- has logged in, and the server's version.
select
  (select c.system_identifier::pg_catalog.text from pg_catalog.pg_control_system() c) as system,
  case when pg_catalog.pg_is_in_recovery() then ''
    else pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) end as timeline,
  d.datname::pg_catalog.text as database, d.oid as oid, session_user::pg_catalog.text as role,
  pg_catalog.version() as server
from pg_catalog.pg_database d
where d.datname operator(pg_catalog.=) pg_catalog.current_database()
