-- The relations whose row types are those of parameters and results of the functions of the exposed schemas ($1), but only
-- of those of $3 if that is not null, or of columns, whose types are $2, and what is made of such types. Each type is
-- looked up by itself: they are far fewer than those of the database.
with recursive used (type, in_column) as (
  select unnest(coalesce(proallargtypes, proargtypes::oid[]) || prorettype), false
  from pg_proc
  where pronamespace = any ($1::regnamespace[])
    and ($3::oid[] is null or oid = any ($3::oid[]))
  union
  select unnest($2::oid[]), true
  union
  select t.type, u.in_column
  from used u
  cross join lateral (
    select case when typbasetype <> 0 then typbasetype else typelem end as type
    from pg_type
    where oid = u.type and (typelem <> 0 or typbasetype <> 0)
    offset 0
  ) t
)
select c.oid, n.nspname as schema, c.relname as name, bool_or(u.in_column) as in_column
from used u
cross join lateral (select typrelid from pg_type where oid = u.type and typrelid <> 0 offset 0) t
cross join lateral (select oid, relname, relnamespace from pg_class where oid = t.typrelid offset 0) c
join pg_namespace n on n.oid = c.relnamespace
group by 1, 2, 3
