-- What is true of the database as a whole of code of its users ($1 and $2, see code.sql): whether text search runs none,
-- and whether a cast to a type named in pg_catalog runs none and means that type for every search path.
with code (class, oid) as (select * from unnest($1::oid[], $2::oid[]) as code (class, oid))
select
  not exists (select from code where class in ('pg_ts_template'::regclass, 'pg_ts_parser'::regclass)) as text_search,
  not exists (
    select
    from pg_cast k
    join code u on u.class = 'pg_proc'::regclass and u.oid = k.castfunc
    where greatest(k.castsource, k.casttarget) < 16384
  )
  and not exists (
    select
    from pg_type t
    join pg_type b on b.typname = t.typname and b.typnamespace = 'pg_catalog'::regnamespace and b.oid < 16384
    where t.oid >= 16384
  ) as casts
