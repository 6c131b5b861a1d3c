-- The types that are not PostgreSQL's own, except arrays: of row types those of the exposed schemas ($1) and those that
-- functions there take or return. Fields are those of a composite type. json_cast is set if a cast defines the type's
-- values in JSON.
with
of_functions as (
  select distinct unnest(p.prorettype || p.proargtypes::oid[] || coalesce(p.proallargtypes, '{}')) as type
  from pg_proc p
  where p.pronamespace = any ($1::regnamespace[])
)
select
  n.nspname as schema,
  t.typname as name,
  format_type(t.oid, null) as written,
  t.typtype as kind,
  case when t.typtype = 'd' then format_type(t.typbasetype, null) end as base,
  t.typtype in ('b', 'e', 'm', 'r') and exists (
    select from pg_cast k where k.castsource = t.oid and k.casttarget = 'json'::regtype and k.castmethod = 'f'
  ) as json_cast,
  array(
    select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder
  ) as labels,
  array(
    select a.attname::text from pg_attribute a
    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    order by a.attnum
  ) as field_names,
  array(
    select format_type(a.atttypid, null) from pg_attribute a
    where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    order by a.attnum
  ) as field_types
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
left join pg_class c on c.oid = t.typrelid
where n.nspname <> 'pg_catalog'
  and not starts_with(n.nspname, 'pg_toast')
  and not starts_with(n.nspname, 'pg_temp')
  and (
    t.typtype in ('e', 'd', 'r', 'm')
    or t.typtype = 'b' and t.typcategory <> 'A'
    or c.relkind = 'c'
    or c.relnamespace = any ($1::regnamespace[])
    or t.typtype = 'c' and exists (select from of_functions f where f.type in (t.oid, t.typarray))
  )
order by schema, name
