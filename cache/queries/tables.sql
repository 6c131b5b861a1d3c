-- The relations of the exposed schemas ($1), only those of $2 if it is not null. Partitions are marked. Events are
-- those that the relation's kind, rules and triggers allow: 4 for update, 8 for insert, 16 for delete (1 << CmdType). None
-- are for a foreign table whose wrapper has no handler, nor for views on it: PostgreSQL refuses to say.
with recursive unusable (oid) as (
  select t.ftrelid
  from pg_foreign_data_wrapper w
  join pg_foreign_server s on s.srvfdw = w.oid
  join pg_foreign_table t on t.ftserver = s.oid
  where w.fdwhandler = 0
  union
  select r.ev_class
  from unusable u
  join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = u.oid and d.classid = 'pg_rewrite'::regclass
  join pg_rewrite r on r.oid = d.objid
)
select
  c.oid,
  n.nspname as schema,
  c.relname as name,
  c.relkind as kind,
  d.description,
  case
    when c.relkind in ('r', 'p') then 4 | 8 | 16
    when c.relkind in ('v', 'f') and c.oid not in (select oid from unusable) then pg_relation_is_updatable(c.oid, true)
    else 0
  end as events,
  c.relrowsecurity as row_security,
  c.relispartition as partition
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
where c.relkind in ('r', 'v', 'm', 'f', 'p')
  and c.relnamespace = any ($1::regnamespace[])
  and ($2::oid[] is null or c.oid = any ($2::oid[]))
order by schema, name
