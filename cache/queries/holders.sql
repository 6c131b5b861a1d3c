-- The relations that have the names $2 in the schemas $1, side by side, and 0 if types of PostgreSQL's have such names.
select c.oid
from unnest($1::text[], $2::text[]) as wanted (schema, name)
join pg_namespace n on n.nspname = wanted.schema
join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
where c.relkind in ('r', 'v', 'm', 'f', 'p')
union all
select 0 from pg_type where typname = any ($2::text[]) and typnamespace = 'pg_catalog'::regnamespace and oid < 16384
