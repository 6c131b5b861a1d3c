-- How columns of the types $1 with the modifiers $2, side by side, are described. A domain is shown as its base type if
-- that is PostgreSQL's own; the length limit and the enum's labels are always those of the base type. An array has the
-- labels of its elements. Structured types are arrays, ranges and composite types, whose text is never empty.
with recursive
used as (
  select type, modifier from unnest($1::oid[], $2::int4[]) as used (type, modifier)
),
resolved (type, modifier, base, base_modifier) as (
  select type, modifier, type, modifier from used
  union all
  select r.type, r.modifier, t.typbasetype, t.typtypmod
  from resolved r
  join pg_type t on t.oid = r.base and t.typtype = 'd'
)
select
  r.type,
  r.modifier,
  t.oid as base,
  case
    when t.typnamespace = 'pg_catalog'::regnamespace then format_type(t.oid, null)
    else format_type(r.type, r.modifier)
  end as name,
  format_type(r.type, r.modifier) as nominal,
  case
    when r.base_modifier = -1 then null
    when t.oid in ('bpchar'::regtype, 'varchar'::regtype) then r.base_modifier - 4
    when t.oid in ('bit'::regtype, 'varbit'::regtype) then r.base_modifier
  end as max_length,
  (
    select array_agg(e.enumlabel::text order by e.enumsortorder)
    from pg_enum e
    where e.enumtypid = case t.typcategory when 'A' then t.typelem else t.oid end
  ) as labels,
  t.typtype in ('c', 'm', 'r') or t.typcategory = 'A' as structured
from resolved r
join pg_type t on t.oid = r.base
where t.typtype <> 'd'
