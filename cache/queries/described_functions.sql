-- What the functions of the exposed schemas ($1) take and return, also of those that are no routines because they only
-- compute something of a row. Executable is whether the role $2, unless it is null, may call the function. Fields are
-- the columns of TABLE, OUT and INOUT parameters.
select
  n.nspname as schema,
  p.proname as name,
  array(
    select format_type(input.type, null) from unnest(p.proargtypes::oid[]) with ordinality as input (type, place)
    order by input.place
  ) as inputs,
  format_type(p.prorettype, null) as returned,
  p.proretset as set,
  p.proretset and p.prorows = 1 as one_row,
  $2::name is null
    or has_schema_privilege($2::name, n.oid, 'usage') and has_function_privilege($2::name, p.oid, 'execute') as executable,
  an.nspname as row_schema,
  a.relname as row_name,
  array(
    select coalesce(field.name, '')
    from unnest(p.proallargtypes, p.proargnames, p.proargmodes) with ordinality as field (type, name, mode, place)
    where field.mode in ('t', 'o', 'b')
    order by field.place
  ) as field_names,
  array(
    select format_type(field.type, null)
    from unnest(p.proallargtypes, p.proargnames, p.proargmodes) with ordinality as field (type, name, mode, place)
    where field.mode in ('t', 'o', 'b')
    order by field.place
  ) as field_types
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
left join pg_class a
  on p.pronargs = 1 and a.reltype = p.proargtypes[0] and a.relkind in ('r', 'v', 'm', 'f', 'p')
  and a.relnamespace = any ($1::regnamespace[])
left join pg_namespace an on an.oid = a.relnamespace
where p.prokind = 'f'
  and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  and p.pronamespace = any ($1::regnamespace[])
order by schema, name, inputs
