-- Types whose values cannot be read, written, compared or shown as JSON without the functions $1, which count as code of
-- users, only those of $2 if it is not null. What the checks and defaults of types need is in type_needs.sql, what needs
-- operator classes in type_sorted.sql.
with functions as materialized (select unnest($1::oid[]) as oid)
select found.oid
from (
  select oid from pg_type
  where typinput in (select oid from functions) or typoutput in (select oid from functions)
    or typreceive in (select oid from functions) or typsend in (select oid from functions)
    or typmodin in (select oid from functions) or typmodout in (select oid from functions)
    or typanalyze in (select oid from functions) or typsubscript in (select oid from functions)
  union all
  -- PostgreSQL ignores the casts of domains. Among casts from its own types an expression uses only implicit ones.
  select k.castsource
  from pg_cast k
  join pg_type source on source.oid = k.castsource
  join pg_type target on target.oid = k.casttarget
  where k.castfunc in (select oid from functions)
    and source.typtype <> 'd'
    and target.typtype <> 'd'
    and (k.castsource >= 16384 or k.castcontext = 'i' and k.casttarget < 16384)
  union all
  select rngtypid from pg_range
  where rngcanonical in (select oid from functions) or rngsubdiff in (select oid from functions)
) as found
where $2::oid[] is null or found.oid = any ($2::oid[])
