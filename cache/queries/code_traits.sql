-- Properties of the database as a whole with regard to the code of its users ($1 and $2, see code.sql): whether text
-- search runs none, whether a cast to a type named in pg_catalog runs none and means that type for every search path,
-- and whether expressions can run none at all. $3 are the names of the operators that statements use.
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
  ) as casts,
  -- Operators of users on PostgreSQL's own types may be what any expression means, and a conversion is part of any
  -- answer.
  not exists (
    select
    from pg_operator o
    join code u on u.class = 'pg_operator'::regclass and u.oid = o.oid
    where o.oprname = any ($3::text[]) and greatest(o.oprleft, o.oprright) < 16384
      and o.oprleft not in ('anyenum'::regtype, 'anyrange'::regtype, 'anymultirange'::regtype)
  )
  and not exists (
    select
    from pg_conversion v
    join code u on u.class = 'pg_proc'::regclass and u.oid = v.conproc
    where v.condefault
  ) as expressions
