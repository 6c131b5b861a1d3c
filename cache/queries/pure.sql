-- The relations of the exposed schemas ($1) that are read without running code of the database's users, as far as the
-- catalog tells: no function, operator or cast of theirs is needed for a row, its policies, the views between, or what
-- PostgreSQL looks at while planning (checks, indexes, statistics, partitions); nor, in views and policies, a volatile
-- function of PostgreSQL's, such as set_config. Functions written in C count as PostgreSQL's own, for only a superuser
-- can make them. Dependencies on what initdb made are left out, or not recorded.
with recursive
-- 16384 is the first oid of objects that are not the system's (FirstNormalObjectId).
code as (
  select p.oid
  from pg_proc p
  join pg_language l on l.oid = p.prolang
  where p.oid >= 16384 and (p.prokind in ('a', 'p') or l.lanname not in ('internal', 'c'))
),
-- Enums, and arrays of them, have PostgreSQL's own functions; domains check, and other types bring functions along.
plain_types as (
  select t.oid
  from pg_type t
  left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  where t.typtype = 'e' or e.typtype = 'e'
),
custom as (
  select 'pg_proc'::regclass as class, oid from code
  union all
  select 'pg_operator'::regclass, o.oid from pg_operator o join code on code.oid = o.oprcode
  union all
  select 'pg_type'::regclass, t.oid from pg_type t
  where t.oid >= 16384 and t.typrelid = 0 and t.oid not in (select oid from plain_types)
  union all
  -- An enum that a function turns into another type, such as json.
  select 'pg_type'::regclass, k.castsource from pg_cast k join code on code.oid = k.castfunc
),
-- Materialized views are read as tables are.
views as (
  select r.oid, r.ev_class as relation, r.ev_action::text as tree
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class and c.relkind = 'v'
  where r.ev_type = '1' and r.ev_class >= 16384 -- ON SELECT
),
-- What belongs to a relation and may be evaluated when it is read.
parts as (
  select 'pg_class'::regclass as class, c.oid as part, c.oid as relation
  from pg_class c where c.relkind in ('r', 'v', 'm', 'p')
  union all
  select 'pg_rewrite'::regclass, oid, relation from views
  union all
  select 'pg_policy'::regclass, oid, polrelid from pg_policy
  union all
  select 'pg_class'::regclass, indexrelid, indrelid from pg_index
  union all
  select 'pg_constraint'::regclass, oid, conrelid from pg_constraint where contype = 'c'
  union all
  select 'pg_statistic_ext'::regclass, oid, stxrelid from pg_statistic_ext
),
needs as (
  select p.relation, d.refclassid as class, d.refobjid as oid
  from parts p
  join pg_depend d on d.classid = p.class and d.objid = p.part
),
impure (relation) as (
  select relation from (
    select n.relation from needs n join custom u on u.class = n.class and u.oid = n.oid
    union all
    select oid from pg_class where relkind = 'f'
    union all
    select relation from (
      select relation, tree from views
      union all
      select polrelid, polqual::text from pg_policy
    ) as expressions (relation, tree)
    where exists (
      select from regexp_matches(tree, ':funcid (\d+)', 'g') as found
      join pg_proc p on p.oid = found[1]::oid
      where p.provolatile = 'v'
    )
    union all
    -- Generated columns that are computed when they are read (PostgreSQL 18).
    select attrelid from pg_attribute where attgenerated = 'v'
  ) as direct
  union
  select u.relation
  from impure i
  join (
    select relation, oid as used from needs where class = 'pg_class'::regclass
    union all
    select inhparent, inhrelid from pg_inherits
  ) as u on u.used = i.relation
)
select c.oid
from pg_class c
where c.relkind in ('r', 'v', 'm', 'p')
  and not c.relispartition
  and c.relnamespace = any ($1::regnamespace[])
  and c.oid not in (select relation from impure)
  -- Operators and casts of users on PostgreSQL's own types may be what a filter means.
  and not exists (
    select from pg_operator o join code on code.oid = o.oprcode
    where greatest(o.oprleft, o.oprright) < 16384
  )
  and not exists (
    select from pg_cast k join code on code.oid = k.castfunc
    where greatest(k.castsource, k.casttarget) < 16384
  )
