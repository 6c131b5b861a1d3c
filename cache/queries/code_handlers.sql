-- The access methods and text search templates and parsers that call the functions $1 of users, as class and oid.
with functions as materialized (select unnest($1::oid[]) as oid)
select 'pg_am'::regclass::oid as class, oid from pg_am where amhandler in (select oid from functions)
union all
select 'pg_ts_template'::regclass, oid from pg_ts_template
where tmplinit in (select oid from functions) or tmpllexize in (select oid from functions)
union all
select 'pg_ts_parser'::regclass, oid from pg_ts_parser
where prsstart in (select oid from functions) or prstoken in (select oid from functions)
  or prsend in (select oid from functions) or prsheadline in (select oid from functions)
  or prslextype in (select oid from functions)
