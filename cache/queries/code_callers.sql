-- What calls the functions $1, which count as code of users, as class and oid: operators, operator classes, default
-- conversions, and casts between types of PostgreSQL's own. PostgreSQL's own views are included: they show settings,
-- statements and other state of the session, and therefore count as code too. Meant are operators on PostgreSQL's own types
-- that have one of the names $2, which statements use: they may be what any expression means.
with
functions as materialized (select unnest($1::oid[]) as oid),
callers as (
  select oid from pg_operator
  where oprcode in (select oid from functions) or oprrest in (select oid from functions)
    or oprjoin in (select oid from functions)
),
-- The planner may replace an operator by its negator or commutator.
operators as materialized (
  select oid, oprname, oprleft, oprright from pg_operator
  where oid in (select oid from callers) or oprcom in (select oid from callers)
    or oprnegate in (select oid from callers)
)
select
  'pg_operator'::regclass::oid as class, oid,
  oprname = any ($2::text[]) and greatest(oprleft, oprright) < 16384
    and oprleft not in ('anyenum'::regtype, 'anyrange'::regtype, 'anymultirange'::regtype) as meant
from operators
union all
select 'pg_opclass'::regclass, k.oid, false
from pg_amproc p
join pg_opclass k on k.opcfamily = p.amprocfamily and k.opcintype = p.amproclefttype
where p.amproc in (select oid from functions)
union all
select 'pg_opclass'::regclass, k.oid, false
from pg_amop o
join pg_opclass k on k.opcfamily = o.amopfamily and k.opcintype = o.amoplefttype
where o.amopopr in (select oid from operators)
union all
select 'pg_cast'::regclass, oid, false from pg_cast
where castfunc in (select oid from functions) and greatest(castsource, casttarget) < 16384
union all
select 'pg_conversion'::regclass, oid, false from pg_conversion
where condefault and conproc in (select oid from functions)
union all
select 'pg_class'::regclass, oid, false from pg_class where oid < 16384 and relkind = 'v'
