-- What there is of the relations $1: their names, kinds and row types, and the types of their columns.
select
  c.oid,
  n.nspname as schema,
  c.relname as name,
  c.relkind as kind,
  c.reltype as row_type,
  array(
    select a.atttypid from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  ) as types
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.oid = any ($1::oid[])
