-- The query trees of the views and materialized views of the exposed schemas ($1) and of the extra search path ($2),
-- only those of $3 if it is not null.
select r.ev_class as relation, r.ev_action::text as action
from pg_rewrite r
join pg_class c on c.oid = r.ev_class
where c.relkind in ('v', 'm')
  and r.ev_type = '1' -- ON SELECT
  and c.relnamespace = any ($1::regnamespace[] || $2::regnamespace[])
  and ($3::oid[] is null or r.ev_class = any ($3::oid[]))
