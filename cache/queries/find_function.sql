-- The functions of the schema $1 that are called $2.
select 'pg_proc'::regclass::oid, p.oid, p.xmin::text
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1 and p.proname = $2
  and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
order by p.oid
