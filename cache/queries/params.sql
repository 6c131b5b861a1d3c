-- The input parameters of the functions of the exposed schemas ($1), but only of those of $2 if that is not null, in
-- their order. The type of a cast has no length
-- limit that would cut a value.
select
  p.oid as routine,
  coalesce(arg.name, '') as name,
  format_type(arg.type, null) as type,
  format_type(case arg.type
    when 'bit'::regtype then 'varbit'::regtype
    when 'bit[]'::regtype then 'varbit[]'::regtype
    when 'bpchar'::regtype then 'varchar'::regtype
    when 'bpchar[]'::regtype then 'varchar[]'::regtype
    else arg.type
  end, null) as cast_type,
  row_number() over inputs <= p.pronargs - p.pronargdefaults as required,
  coalesce(arg.mode = 'v', false) as variadic
from pg_proc p
cross join unnest(p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes)
  with ordinality as arg (name, type, mode, place)
where p.prokind = 'f'
  and p.pronamespace = any ($1::regnamespace[])
  and ($2::oid[] is null or p.oid = any ($2::oid[]))
  and coalesce(arg.mode in ('i', 'b', 'v'), true)
window inputs as (partition by p.oid order by arg.place)
order by p.oid, arg.place
