-- Types that are made of one of the types $1, and that type: arrays, domains and ranges. Row types are in
-- row_types.sql.
select oid as type, typelem as needed from pg_type where typelem = any ($1::oid[])
union all
select typarray, oid from pg_type where oid = any ($1::oid[]) and typarray <> 0
union all
select oid, typbasetype from pg_type where typtype = 'd' and typbasetype = any ($1::oid[])
union all
select k.contypid, d.refobjid
from pg_depend d
join pg_constraint k on k.oid = d.objid and k.contypid <> 0
where d.refclassid = 'pg_type'::regclass and d.refobjid = any ($1::oid[]) and d.classid = 'pg_constraint'::regclass
union all
select d.objid, d.refobjid
from pg_depend d
join pg_type t on t.oid = d.objid and t.typtype = 'd'
where d.refclassid = 'pg_type'::regclass and d.refobjid = any ($1::oid[]) and d.classid = 'pg_type'::regclass
union all
select rngtypid, rngsubtype from pg_range where rngsubtype = any ($1::oid[])
union all
select rngmultitypid, rngtypid from pg_range where rngtypid = any ($1::oid[])
