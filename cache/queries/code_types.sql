-- Types whose values cannot be read, written, compared, shown as JSON or filtered without code of the database's users,
-- judged by the types themselves, and types whose text depends on the search path, such as regclass. Types made of such
-- types are found by type_users.sql. $1 and $2 are the classes and oids of that code (code.sql), side by side. Only the
-- types $3 are examined, or all if it is null.
with
code (class, oid) as materialized (select * from unnest($1::oid[], $2::oid[]) as code (class, oid)),
functions as materialized (select oid from code where class = 'pg_proc'::regclass),
-- The checks of a domain, and its default.
expressions (type, tree) as (
  select contypid, conbin::text from pg_constraint where contypid <> 0 and conbin is not null
  union all
  select oid, typdefaultbin::text from pg_type where typdefaultbin is not null
),
domain_needs (type, class, oid) as (
  select k.contypid, d.refclassid, d.refobjid
  from pg_constraint k
  join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
  where k.contypid <> 0
  union all
  select d.objid, d.refclassid, d.refobjid
  from pg_depend d
  join pg_type t on t.oid = d.objid and t.typtype = 'd'
  where d.classid = 'pg_type'::regclass
)
select found.oid, found.code
from (
  select oid, true as code from pg_type
  where typinput in (select oid from functions) or typoutput in (select oid from functions)
    or typreceive in (select oid from functions) or typsend in (select oid from functions)
    or typmodin in (select oid from functions) or typmodout in (select oid from functions)
    or typanalyze in (select oid from functions) or typsubscript in (select oid from functions)
  union all
  -- PostgreSQL ignores the casts of domains. Among casts from its own types an expression uses only implicit ones.
  select k.castsource, true
  from pg_cast k
  join pg_type source on source.oid = k.castsource
  join pg_type target on target.oid = k.casttarget
  where k.castfunc in (select oid from functions)
    and source.typtype <> 'd'
    and target.typtype <> 'd'
    and (k.castsource >= 16384 or k.castcontext = 'i' and k.casttarget < 16384)
  union all
  -- Sorting and grouping take the default operator class, also of the pseudo-type that a type belongs to.
  select t.oid, true
  from code
  join pg_opclass k on k.oid = code.oid and k.opcdefault
  join pg_type t on t.oid = k.opcintype
    or k.opcintype in ('anyenum'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'e'
    or k.opcintype in ('anyrange'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'r'
    or k.opcintype in ('anymultirange'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'm'
    or k.opcintype in ('record'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'c'
    or k.opcintype in ('anyarray'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typcategory = 'A'
  where code.class = 'pg_opclass'::regclass
  union all
  select r.rngtypid, true
  from pg_range r
  where r.rngcanonical in (select oid from functions) or r.rngsubdiff in (select oid from functions)
    or r.rngsubopc in (select oid from code where class = 'pg_opclass'::regclass)
  union all
  select n.type, true from domain_needs n join code on code.class = n.class and code.oid = n.oid
  union all
  -- A function of PostgreSQL's that runs SQL or has effects, or any that reads a setting, which is not followed here.
  select e.type, true
  from expressions e
  cross join regexp_matches(e.tree, ':(?:funcid|aggfnoid|winfnoid) (\d+)', 'g') as found
  where found[1]::oid in (select oid from functions union all values (2077::oid), (3294))
  union all
  select oid, false from pg_type
  where oid in ('regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype, 'regoperator'::regtype,
    'regclass'::regtype, 'regtype'::regtype, 'regconfig'::regtype, 'regdictionary'::regtype, 'regcollation'::regtype)
) as found (oid, code)
where $3::oid[] is null or found.oid = any ($3::oid[])
