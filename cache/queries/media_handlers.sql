-- The means of the exposed schemas ($1) to produce bodies of media types, but only those that are the functions of $2 if
-- that is not null. A media type is a domain whose name is that of a media type. Its handlers are the aggregates over
-- rows of a relation or over any rows that return it, and the functions that return it themselves: their result is cast
-- to the domain. All domains would be looked at for a single function if the media types were a result of their own.
with media_types as not materialized (
  select
    t.oid,
    n.nspname as schema,
    t.typname as name,
    lower(t.typname) as accept,
    case t.typname when '*/*' then 'application/octet-stream' else t.typname::text end as media_type
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'd'
    and t.typname ~* '^([a-z0-9.-]+/[a-z0-9.+-]+|[*]/[*])$'
)
select
  p.oid,
  n.nspname as schema,
  p.proname as name,
  -- The target of a handler for any rows has no name.
  coalesce(tn.nspname, '') as target_schema,
  coalesce(target.relname, '') as target_name,
  m.accept,
  m.media_type
from media_types m
join pg_proc p on p.prorettype = m.oid and p.prokind = 'a' and p.pronargs = 1
join pg_namespace n on n.oid = p.pronamespace
left join pg_class target on target.reltype = p.proargtypes[0] and target.relkind in ('r', 'v', 'm', 'f', 'p')
left join pg_namespace tn on tn.oid = target.relnamespace
where p.pronamespace = any ($1::regnamespace[])
  and ($2::oid[] is null or p.oid = any ($2::oid[]))
  and (target.oid is not null or p.proargtypes[0] = 'anyelement'::regtype)
union all
select p.oid, m.schema, m.name, n.nspname, p.proname, m.accept, m.media_type
from media_types m
join pg_proc p on p.prorettype = m.oid and p.prokind = 'f' and not p.proretset
join pg_namespace n on n.oid = p.pronamespace
where p.pronamespace = any ($1::regnamespace[])
  and ($2::oid[] is null or p.oid = any ($2::oid[]))
order by target_schema, target_name, accept, schema, name, oid
