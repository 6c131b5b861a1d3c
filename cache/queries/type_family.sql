-- The types $1 and those that are made of them: arrays, domains, ranges. If relation is not 0, it has columns of such a
-- type, or a default that names it.
with recursive family (oid) as (
  select unnest($1::oid[])
  union
  select t.type
  from family f
  cross join lateral (
    select typarray from pg_type where oid = f.oid and typarray <> 0
    union all
    select rngmultitypid from pg_range where rngtypid = f.oid
    union all
    select objid from pg_depend
    where refclassid = 'pg_type'::regclass and refobjid = f.oid and classid = 'pg_type'::regclass
  ) as t (type)
)
select oid as type, 0::oid as relation from family
union all
select f.oid, d.objid
from family f
join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid = f.oid and d.classid = 'pg_class'::regclass
union all
select f.oid, e.adrelid
from family f
join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid = f.oid and d.classid = 'pg_attrdef'::regclass
join pg_attrdef e on e.oid = d.objid
