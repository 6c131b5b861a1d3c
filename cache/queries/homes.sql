-- The schemas of the relations $1.
select c.oid, n.nspname as schema
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.oid = any ($1::oid[])
