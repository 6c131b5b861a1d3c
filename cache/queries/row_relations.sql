-- The relations whose row types are those of parameters and results of the functions of the exposed schemas ($1), but only
-- of those of $3 if that is not null, or of columns, whose types are $2, and what is made of such types.
with recursive used (type, in_column) as (
  select unnest(coalesce(proallargtypes, proargtypes::oid[]) || prorettype), false
  from pg_proc
  where pronamespace = any ($1::regnamespace[])
    and ($3::oid[] is null or oid = any ($3::oid[]))
  union
  select unnest($2::oid[]), true
  union
  select case when t.typbasetype <> 0 then t.typbasetype else t.typelem end, u.in_column
  from used u
  join pg_type t on t.oid = u.type and (t.typelem <> 0 or t.typbasetype <> 0)
)
select c.oid, n.nspname as schema, c.relname as name, bool_or(u.in_column) as in_column
from used u
join pg_type t on t.oid = u.type
join pg_class c on c.oid = t.typrelid
join pg_namespace n on n.oid = c.relnamespace
group by 1, 2, 3
