-- Row types with the types of their columns, except PostgreSQL's own types that are not made of others. $1 are
-- PostgreSQL's own types that matter nevertheless.
select distinct c.reltype as type, a.atttypid as needed
from pg_attribute a
join pg_class c on c.oid = a.attrelid
where a.attnum > 0
  and not a.attisdropped
  and c.reltype <> 0
  and (
    a.atttypid >= 16384
    or a.atttypid = any ($1::oid[])
    or a.atttypid in (select oid from pg_type where oid < 16384 and typtype not in ('b', 'p'))
  )
