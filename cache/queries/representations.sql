-- The implicit casts by function between a domain and json or text, and whether the current user may call the function.
select
  format_type(k.castsource, null) as source,
  format_type(k.casttarget, null) as target,
  n.nspname as schema,
  p.proname as name,
  p.oid as routine,
  has_function_privilege(k.castfunc, 'execute') as callable
from pg_cast k
join pg_type source on source.oid = k.castsource
join pg_type target on target.oid = k.casttarget
join pg_proc p on p.oid = k.castfunc
join pg_namespace n on n.oid = p.pronamespace
where k.castcontext = 'i'
  and k.castmethod = 'f'
  and (
    source.typtype = 'd' and target.oid in ('json'::regtype, 'text'::regtype)
    or target.typtype = 'd' and source.oid in ('json'::regtype, 'text'::regtype)
  )
order by source, target
