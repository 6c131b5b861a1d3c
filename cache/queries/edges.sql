-- Relations that PostgreSQL may access because of another one: v, those that a view names; p, those that its policies
-- name; h, its children by inheritance or partitioning; f, those that its foreign keys reference; t, the type that it
-- is made of. $1 are the relations that have the view's rule, the policies or the keys, or are the children; null for
-- all. A foreign key cascades if it changes rows itself. The kind of a child is returned.
-- Temporary relations are left out: no other session reads them, not even with their parents.
select distinct
  r.ev_class as relation, 'v'::"char" as kind, d.refobjid as other, false as cascades, 'v'::"char" as child_kind
from pg_rewrite r
join pg_class c on c.oid = r.ev_class and c.relkind = 'v' and c.relpersistence <> 't'
join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
where r.ev_type = '1' and d.refobjid <> r.ev_class and ($1::oid[] is null or r.ev_class = any ($1::oid[]))
union all
select distinct p.polrelid, 'p'::"char", d.refobjid, false, 'r'::"char"
from pg_policy p
join pg_class c on c.oid = p.polrelid and c.relrowsecurity
join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
where d.refobjid <> p.polrelid and ($1::oid[] is null or p.polrelid = any ($1::oid[]))
union all
select i.inhrelid, 'h'::"char", i.inhparent, false, c.relkind
from pg_inherits i
join pg_class c on c.oid = i.inhrelid and c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
where $1::oid[] is null or i.inhrelid = any ($1::oid[])
union all
select
  conrelid, 'f'::"char", confrelid, confdeltype in ('c', 'n', 'd') or confupdtype in ('c', 'n', 'd'), 'r'::"char"
from pg_constraint
where contype = 'f' and ($1::oid[] is null or conrelid = any ($1::oid[]))
union all
select c.oid, 't'::"char", t.typrelid, false, c.relkind
from pg_class c
join pg_type t on t.oid = c.reloftype
where c.reloftype <> 0 and c.relpersistence <> 't' and ($1::oid[] is null or c.oid = any ($1::oid[]))
