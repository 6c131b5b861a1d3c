-- The functions that PostgreSQL has made for range types of users, and for their multirange types.
select d.objid
from pg_range r
join pg_depend d on d.refclassid = 'pg_type'::regclass and d.refobjid in (r.rngtypid, r.rngmultitypid)
where r.rngtypid >= 16384 and d.classid = 'pg_proc'::regclass and d.deptype = 'i'
