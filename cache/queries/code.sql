-- Code that users of the database may have written, as class and oid: functions, and the operators, operator classes,
-- access methods and text search templates and parsers that call them. Everything that is not known to be safe counts
-- as such code. Functions of users that are known to be safe have class 0. 16384 is the first oid of objects that do
-- not belong to the system (FirstNormalObjectId). If $1 is not null, only the functions among it are of interest.
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
-- PostgreSQL's functions that are not volatile and yet run SQL, or a function that their arguments name.
running (name) as (
  values
    ('table_to_xml'), ('table_to_xmlschema'), ('table_to_xml_and_xmlschema'), ('query_to_xml'), ('query_to_xmlschema'),
    ('query_to_xml_and_xmlschema'), ('cursor_to_xml'), ('cursor_to_xmlschema'), ('schema_to_xml'),
    ('schema_to_xmlschema'), ('schema_to_xml_and_xmlschema'), ('database_to_xml'), ('database_to_xmlschema'),
    ('database_to_xml_and_xmlschema'), ('ts_stat'), ('ts_rewrite'), ('pg_input_is_valid'), ('pg_input_error_info')
),
-- PostgreSQL's volatile functions that leave nothing behind. The effects of nextval are handled in tree.go.
random (name) as (
  values ('random'), ('random_normal'), ('gen_random_uuid'), ('uuidv4'), ('uuidv7'), ('clock_timestamp'), ('timeofday')
),
-- PostgreSQL's own functions that count as such code nevertheless. They are few, so they are selected once.
system as materialized (
  select p.oid
  from pg_proc p
  join pg_language l on l.oid = p.prolang
  where p.oid < 16384
    and (
      l.lanname not in ('internal', 'c', 'sql')
      or p.prosupport >= 16384
      or p.provolatile = 'v' and p.proname not in (select name from random)
      or p.proname in (select name from running)
    )
),
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
),
functions as materialized (
  select oid from system where $1::oid[] is null
  union all
  select oid from pg_proc
  where oid >= 16384 and ($1::oid[] is null or oid = any ($1::oid[]))
    and oid not in (select oid from plain) and oid not in (select oid from plain_aggregates)
),
-- PostgreSQL's volatile functions are harmless where they are used for their purpose.
added as (select oid from functions where oid >= 16384),
callers as (
  select oid from pg_operator
  where $1::oid[] is null
    and (
      oprcode in (select oid from functions) or oprrest in (select oid from functions)
      or oprjoin in (select oid from functions)
    )
),
-- The planner may replace an operator by its negator or commutator.
operators as materialized (
  select oid from callers
  union
  select oid from pg_operator where oprcom in (select oid from callers) or oprnegate in (select oid from callers)
)
select 'pg_proc'::regclass::oid as class, oid from functions
union all
select 'pg_operator'::regclass, oid from operators
union all
select 'pg_am'::regclass, oid from pg_am where $1::oid[] is null and amhandler in (select oid from added)
union all
select 'pg_ts_template'::regclass, oid from pg_ts_template
where $1::oid[] is null and (tmplinit in (select oid from added) or tmpllexize in (select oid from added))
union all
select 'pg_ts_parser'::regclass, oid from pg_ts_parser
where $1::oid[] is null
  and (
    prsstart in (select oid from added) or prstoken in (select oid from added)
    or prsend in (select oid from added) or prsheadline in (select oid from added)
    or prslextype in (select oid from added)
  )
union all
select 'pg_opclass'::regclass, k.oid
from pg_opclass k
where $1::oid[] is null
  and (
    exists (
      select from pg_amproc p
      where p.amprocfamily = k.opcfamily and p.amproclefttype = k.opcintype and p.amproc in (select oid from functions)
    )
    or exists (
      select from pg_amop o
      where o.amopfamily = k.opcfamily and o.amoplefttype = k.opcintype and o.amopopr in (select oid from operators)
    )
  )
union all
select 0, oid from plain where $1::oid[] is null or oid = any ($1::oid[])
union all
select 0, oid from plain_aggregates where $1::oid[] is null or oid = any ($1::oid[])
