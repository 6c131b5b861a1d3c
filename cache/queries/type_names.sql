-- The functions and relations that domains name in their defaults and checks, as class and oid.
select distinct d.refclassid as class, d.refobjid as oid
from pg_type t
join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid
where t.typtype = 'd' and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass)
union
select d.refclassid, d.refobjid
from pg_constraint k
join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
where k.contypid <> 0 and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass)
