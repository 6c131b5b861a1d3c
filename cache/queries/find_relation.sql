-- The relation of the schema $1 that is called $2.
select 'pg_class'::regclass::oid, c.oid, c.xmin::text
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2
  and c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
