-- The functions of users, only those of $1 if it is not null, that are known to be safe: in libraries that are, other names
-- of PostgreSQL's functions, and aggregates of such functions. $2 are PostgreSQL's own functions that count as code of
-- users (code_functions.sql).
with
-- The libraries of extensions none of whose functions runs SQL, calls a function chosen by its caller, or changes what
-- a later statement sees: they import nothing from SPI, which was looked up in their sources and symbols. Volatile
-- functions of theirs change settings (set_limit), except where only random numbers make them volatile.
libraries (name, random) as (
  values
    ('bloom', false), ('btree_gin', false), ('btree_gist', false), ('citext', false), ('cube', false),
    ('dict_int', false), ('dict_xsyn', false), ('earthdistance', false), ('fuzzystrmatch', false),
    ('hstore', false), -- calls the input and output functions of columns, which belong to their types
    ('_int', false), ('isn', false), ('ltree', false), ('pg_trgm', false), ('pgcrypto', true), ('seg', false),
    ('tsm_system_rows', false), ('tsm_system_time', false), ('unaccent', false), ('uuid-ossp', true), ('vector', false)
),
system as materialized (select unnest($2::oid[]) as oid),
parts (aggregate, oid) as (
  select a.aggfnoid::oid, part.oid
  from pg_aggregate a
  left join pg_operator o on o.oid = a.aggsortop
  cross join unnest(array[
    a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn,
    a.aggmfinalfn, coalesce(o.oprcode, '-')
  ]::oid[]) as part (oid)
  where a.aggfnoid::oid >= 16384 and ($1::oid[] is null or a.aggfnoid::oid = any ($1::oid[]))
),
-- Whether a function is safe depends on its parts and on support functions.
asked (oid) as (
  select unnest($1::oid[]) union select oid from parts
),
wanted (oid) as (
  select oid from asked
  union
  select prosupport::oid from pg_proc where oid in (select oid from asked)
),
-- isn_weak, which counts as immutable, changes how numbers are read from then on.
extended as (
  select p.oid
  from pg_proc p
  join pg_language l on l.oid = p.prolang
  where p.oid >= 16384
    and ($1::oid[] is null or p.oid = any (array(select oid from wanted)))
    and p.prokind in ('f', 'w')
    and p.proconfig is null
    -- Not a condition of joins, so that PostgreSQL's functions are looked at only if one of another language is internal.
    and case l.lanname
      when 'internal' then p.prosrc in (
        select b.prosrc
        from pg_proc b
        join pg_language bl on bl.oid = b.prolang and bl.lanname = 'internal'
        where b.oid < 16384 and b.oid not in (select oid from system)
      )
      when 'c' then p.prosrc <> 'accept_weak_input' and exists (
        select from libraries
        where name = regexp_replace(p.probin, '^\$libdir/', '') and (random or p.provolatile <> 'v')
      )
      else false
    end
),
plain as (
  select e.oid from extended e join pg_proc p on p.oid = e.oid
  where p.prosupport < 16384 or p.prosupport in (select oid from extended)
),
plain_aggregates as (
  select aggregate as oid
  from parts
  group by aggregate
  having not bool_or(
    oid in (select oid from system) or oid >= 16384 and oid not in (select oid from plain)
  )
)
select oid from plain where $1::oid[] is null or oid = any ($1::oid[])
union all
select oid from plain_aggregates where $1::oid[] is null or oid = any ($1::oid[])
