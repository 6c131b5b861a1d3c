-- The functions of the exposed schemas ($1), but only those of $2 if that is not null, that take one row of an exposed
-- relation and return rows of a relation.
select
  p.oid,
  n.nspname as schema,
  p.proname as name,
  an.nspname as table_schema,
  a.relname as table_name,
  rn.nspname as foreign_schema,
  r.relname as foreign_name,
  not p.proretset or p.prorows = 1 as single_row
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_class a on a.reltype = p.proargtypes[0] and a.relkind in ('r', 'v', 'm', 'f', 'p')
join pg_namespace an on an.oid = a.relnamespace
join pg_class r on r.reltype = p.prorettype and r.relkind in ('r', 'v', 'm', 'f', 'p')
join pg_namespace rn on rn.oid = r.relnamespace
where p.pronargs = 1
  and p.pronamespace = any ($1::regnamespace[])
  and ($2::oid[] is null or p.oid = any ($2::oid[]))
  and a.relnamespace = any ($1::regnamespace[])
order by schema, name, table_schema, table_name, oid
