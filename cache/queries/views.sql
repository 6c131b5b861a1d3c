-- The query trees of the views and materialized views of the exposed schemas ($1) and of the extra search path ($2).
select r.ev_class as relation, r.ev_action::text as action
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
where c.relkind in ('v', 'm')
  and r.ev_type = '1' -- ON SELECT
  and c.relnamespace = any ($1::regnamespace[] || $2::regnamespace[])
