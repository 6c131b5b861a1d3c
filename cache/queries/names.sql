-- The names of the columns that have the numbers $2 in the relations $1, side by side.
select
  a.attrelid as relation,
  n.nspname as schema,
  c.relname as name,
  a.attnum as number,
  a.attname as column
from unnest($1::oid[], $2::int2[]) as wanted (relation, number)
join pg_attribute a on a.attrelid = wanted.relation and a.attnum = wanted.number
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
order by relation, number
