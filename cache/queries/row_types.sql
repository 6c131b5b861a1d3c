-- Which row types have columns of which types, but for those of PostgreSQL's types that are not made of others. $1 are
-- such types of PostgreSQL's that matter all the same.
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
