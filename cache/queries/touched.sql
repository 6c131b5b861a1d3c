-- What exists of the relations $1: their names, kinds and row types, the types of their columns, and whether a type of
-- PostgreSQL's own has the name and the schema is one of the search path ($2).
select
  c.oid,
  n.nspname as schema,
  c.relname as name,
  c.relkind as kind,
  c.reltype as row_type,
  array(
    select a.atttypid from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as types,
  c.reltype <> 0 and c.relnamespace = any ($2::regnamespace[]) and exists (
    select from pg_type t where t.typname = c.relname and t.typnamespace = 'pg_catalog'::regnamespace and t.oid < 16384
  ) as shadows
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.oid = any ($1::oid[])
