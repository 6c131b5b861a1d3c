-- The functions that PostgreSQL has made for the range types $1, and for their multirange types.
select d.objid
from pg_depend d
where d.classid = 'pg_proc'::regclass
  and d.refclassid = 'pg_type'::regclass
  and d.deptype = 'i'
  and d.refobjid = any ($1::oid[] || array(select rngmultitypid from pg_range where rngtypid = any ($1::oid[])))
