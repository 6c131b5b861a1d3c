-- The schemas of the relations $1, functions $2, types $3 and schemas $4 that were written, but for temporary ones. With a
-- relation come its parents, its children, and those that its foreign keys reference. A composite type counts as a type.
with relations (oid) as (
  select unnest($1::oid[])
  union select confrelid from pg_constraint where contype = 'f' and conrelid = any ($1::oid[])
  union select inhparent from pg_inherits where inhrelid = any ($1::oid[])
  union select inhrelid from pg_inherits where inhparent = any ($1::oid[])
),
named (class, oid, schema) as (
  select case when c.relkind = 'c' then 'pg_type'::regclass else 'pg_class'::regclass end,
         case when c.relkind = 'c' then c.reltype else c.oid end,
         c.relnamespace
  from relations r
  join pg_class c on c.oid = r.oid
  where c.relkind in ('r', 'v', 'm', 'f', 'p', 'c', 'S')
  union all
  select 'pg_proc'::regclass, oid, pronamespace from pg_proc where oid = any ($2::oid[])
  union all
  select 'pg_type'::regclass, oid, typnamespace from pg_type where oid = any ($3::oid[])
  union all
  select 'pg_namespace'::regclass, oid, oid from pg_namespace where oid = any ($4::oid[])
)
select named.class::oid, named.oid, n.nspname
from named
join pg_namespace n on n.oid = named.schema
where n.nspname !~ '^pg_(temp|toast)'
