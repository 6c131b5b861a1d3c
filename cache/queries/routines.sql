-- The functions of the exposed schemas ($1) that can be called, but only those of $3 if that is not null; their
-- parameters are in params.sql. Settings, each written as name=value, are hoisted if they match one of the patterns $2.
-- The returned type is the base type of a domain, which is found by following the domain that a function returns. A
-- parameter without a name can be given only if it is the only one and its type takes a whole body. The names of schemas
-- are looked up by subqueries: with two more tables to join, planning takes twice as long.
select
  p.oid,
  (select nspname from pg_namespace where oid = p.pronamespace) as schema,
  p.proname as name,
  d.description,
  (select nspname from pg_namespace where oid = r.typnamespace) as return_schema,
  coalesce(rc.relname, r.typname) as return_name,
  p.proretset as set,
  -- A row is returned by TABLE, OUT and INOUT parameters too, even if it has one field.
  r.typtype = 'c' or coalesce(p.proargmodes && '{t,b,o}'::"char"[], false) as composite,
  own.typtype = 'd' as domain,
  p.provolatile as volatility,
  array(
    select setting
    from unnest(p.proconfig) with ordinality as config (setting, place)
    where setting ~ any ($2::text[])
    order by place
  ) as hoisted,
  (
    select substr(setting, strpos(setting, '=') + 1)
    from unnest(p.proconfig) as config (setting)
    where starts_with(setting, 'default_transaction_isolation=')
  ) as isolation
from pg_proc p
join pg_type own on own.oid = p.prorettype
join pg_type r on r.oid = case own.typtype when 'd' then (
  with recursive bases (oid, type) as (
    select own.typbasetype, (select typtype from pg_type where oid = own.typbasetype)
    union all
    select t.typbasetype, (select typtype from pg_type where oid = t.typbasetype)
    from bases b
    join pg_type t on t.oid = b.oid and b.type = 'd'
  )
  select oid from bases where type <> 'd'
) else p.prorettype end
left join pg_class rc on rc.oid = r.typrelid
left join pg_description d on d.classoid = 'pg_proc'::regclass and d.objoid = p.oid
where p.prokind = 'f'
  and r.oid <> 'trigger'::regtype
  and (
    p.pronargs = 0
    or p.proargnames is not null
    or p.pronargs = 1 and p.proargtypes[0] in (
      'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype, 'bytea'::regtype
    )
  )
  and p.pronamespace = any ($1::regnamespace[])
  and ($3::oid[] is null or p.oid = any ($3::oid[]))
order by schema, name, p.oid
