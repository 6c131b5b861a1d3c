-- The types $1 and those that they are made of, except the columns of row types: their kinds, and whether a type that
-- is not PostgreSQL's own, in a schema of the search path ($2), has the name of one that is.
with recursive parts (oid) as (
  select unnest($1::oid[])
  union
  select t.part
  from parts p
  cross join lateral (
    select unnest(array[typbasetype, typelem]) from pg_type where oid = p.oid
    union all
    select rngsubtype from pg_range where p.oid in (rngtypid, rngmultitypid)
  ) as t (part)
  where t.part <> 0
)
select t.oid, t.typtype as kind, t.oid >= 16384 and t.typnamespace = any ($2::regnamespace[]) and exists (
  select from pg_type b where b.typname = t.typname and b.typnamespace = 'pg_catalog'::regnamespace and b.oid < 16384
) as shadows
from parts p
join pg_type t on t.oid = p.oid
