-- What the checks and defaults of types need, only of those of $1 if it is not null: expressions (tree), and objects of
-- which PostgreSQL has recorded that they are needed (class and oid), as it has none that initdb made. Relations are also
-- those whose row types defaults name, and those with which sequences move that defaults name.
select contypid as type, 0::oid as class, 0::oid as oid, conbin::text as tree
from pg_constraint
where contypid <> 0 and conbin is not null and ($1::oid[] is null or contypid = any ($1::oid[]))
union all
select oid, 0, 0, typdefaultbin::text
from pg_type
where typdefaultbin is not null and ($1::oid[] is null or oid = any ($1::oid[]))
union all
select k.contypid, d.refclassid, d.refobjid, null
from pg_constraint k
join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
where k.contypid <> 0 and ($1::oid[] is null or k.contypid = any ($1::oid[]))
union all
select t.oid, d.refclassid, d.refobjid, null
from pg_type t
join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid
where t.typtype = 'd' and ($1::oid[] is null or t.oid = any ($1::oid[]))
union all
select t.oid, 'pg_class'::regclass, row_type.typrelid, null
from pg_type t
join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid and d.refclassid = 'pg_type'::regclass
  and d.refobjid <> t.typbasetype
join pg_type named on named.oid = d.refobjid
join pg_type row_type on row_type.oid in (named.oid, named.typelem) and row_type.typrelid <> 0
where t.typtype = 'd' and ($1::oid[] is null or t.oid = any ($1::oid[]))
union all
select t.oid, owned.refclassid, owned.refobjid, null
from pg_type t
join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid and d.refclassid = 'pg_class'::regclass
join pg_depend owned on owned.classid = 'pg_class'::regclass and owned.objid = d.refobjid and owned.deptype in ('a', 'i')
  and owned.refclassid = 'pg_class'::regclass
where t.typtype = 'd' and ($1::oid[] is null or t.oid = any ($1::oid[]))
