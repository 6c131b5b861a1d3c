-- The relations that have the names $2 in the schemas $1, side by side.
select c.oid
from unnest($1::text[], $2::text[]) as wanted (schema, name)
join pg_namespace n on n.nspname = wanted.schema
join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
where c.relkind in ('r', 'v', 'm', 'f', 'p')
