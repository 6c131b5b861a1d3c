-- What PostgreSQL may evaluate for the relations $1, or for all if it is null. Use r is for their rows, their policies,
-- the views that they are, and what is read during planning (checks, indexes, statistics, partitions); use w is for
-- triggers, rules and defaults. A row has an expression (tree), or an object (class, oid) that is needed, or, with
-- neither, means that code of users runs; with use n it has an object whose change or removal may change the relation.
-- Dependencies on what initdb made are not recorded, and are to be found in the expressions (the format of pg_node_tree
-- is that of nodes/outfuncs.c). $2 are PostgreSQL's own types that matter.
with parts (relation, use, class, oid, tree) as materialized (
  select r.ev_class, 'r'::"char", 'pg_rewrite'::regclass::oid, r.oid, r.ev_action::text
  from pg_rewrite r
  join pg_class c on c.oid = r.ev_class and c.relkind = 'v'
  where r.ev_type = '1' and ($1::oid[] is null or r.ev_class = any ($1::oid[]))
  union all
  select
    p.polrelid, case when p.polcmd in ('*', 'r') then 'r' else 'w' end::"char", 'pg_policy'::regclass, p.oid,
    concat(p.polqual::text, p.polwithcheck::text)
  from pg_policy p
  join pg_class c on c.oid = p.polrelid and c.relrowsecurity
  where ($1::oid[] is null or p.polrelid = any ($1::oid[]))
  union all
  select
    conrelid, case contype when 'c' then 'r' else 'w' end::"char", 'pg_constraint'::regclass, oid, conbin::text
  from pg_constraint
  where ($1::oid[] is null or conrelid = any ($1::oid[]))
  union all
  -- Generated columns that are computed when they are read (PostgreSQL 18) have a v.
  select
    d.adrelid, case when a.attnum is null then 'w' else 'r' end::"char", 'pg_attrdef'::regclass, d.oid, d.adbin::text
  from pg_attrdef d
  left join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum and a.attgenerated = 'v'
  where ($1::oid[] is null or d.adrelid = any ($1::oid[]))
  union all
  select indrelid, 'r'::"char", 'pg_class'::regclass, indexrelid, concat(indexprs::text, indpred::text)
  from pg_index
  where ($1::oid[] is null or indrelid = any ($1::oid[]))
  union all
  select stxrelid, 'r'::"char", 'pg_statistic_ext'::regclass, oid, null
  from pg_statistic_ext
  where ($1::oid[] is null or stxrelid = any ($1::oid[]))
  union all
  select c.oid, 'r'::"char", 'pg_class'::regclass, c.oid, p.partexprs::text
  from pg_class c
  left join pg_partitioned_table p on p.partrelid = c.oid
  where c.relkind in ('r', 'v', 'm', 'p') and ($1::oid[] is null or c.oid = any ($1::oid[]))
)
select relation, use, class, 0::oid as oid, tree from parts where tree <> ''
union all
-- Relations are included because their names are shown in expressions.
select p.relation, p.use, d.refclassid, d.refobjid, null
from parts p
join pg_depend d on d.classid = p.class and d.objid = p.oid
  and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_opclass'::regclass)
union all
select attrelid, 'r'::"char", 'pg_type'::regclass, atttypid, null
from pg_attribute
where ($1::oid[] is null or attrelid = any ($1::oid[])) and attnum > 0 and not attisdropped
  and (atttypid >= 16384 or atttypid = any ($2::oid[]))
union all
select oid, 'r'::"char", 'pg_am'::regclass, relam, null from pg_class where relam >= 16384 and ($1::oid[] is null or oid = any ($1::oid[]))
union all
select i.indrelid, 'r'::"char", 'pg_am'::regclass, c.relam, null
from pg_index i
join pg_class c on c.oid = i.indexrelid
where c.relam >= 16384 and ($1::oid[] is null or i.indrelid = any ($1::oid[]))
union all
select oid, 'r'::"char", 0, 0, null
from pg_class
where relkind not in ('r', 'v', 'm', 'p', 'i', 'I', 't', 'S', 'c') and ($1::oid[] is null or oid = any ($1::oid[]))
union all
select tgrelid, 'w'::"char", 0, 0, null from pg_trigger where not tgisinternal and ($1::oid[] is null or tgrelid = any ($1::oid[]))
union all
select ev_class, 'w'::"char", 0, 0, null from pg_rewrite where ev_type <> '1' and ($1::oid[] is null or ev_class = any ($1::oid[]))
union all
-- Objects named in the text of defaults, and indexes that matter: dropping one does not report its relation.
select p.relation, 'n'::"char", d.refclassid, d.refobjid, null
from parts p
join pg_depend d on d.classid = p.class and d.objid = p.oid
  and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass) and d.refobjid <> p.relation
where p.class = 'pg_attrdef'::regclass
union all
-- Tables with which sequences move that others have in defaults, and relations whose row types defaults name.
select p.relation, 'n'::"char", owned.refclassid, owned.refobjid, null
from parts p
join pg_depend d on d.classid = p.class and d.objid = p.oid and d.refclassid = 'pg_class'::regclass
join pg_depend owned on owned.classid = 'pg_class'::regclass and owned.objid = d.refobjid and owned.deptype in ('a', 'i')
  and owned.refclassid = 'pg_class'::regclass and owned.refobjid <> p.relation
where p.class = 'pg_attrdef'::regclass
union all
select p.relation, 'n'::"char", 'pg_class'::regclass, row_type.typrelid, null
from parts p
join pg_depend d on d.classid = p.class and d.objid = p.oid and d.refclassid = 'pg_type'::regclass
join pg_type t on t.oid = d.refobjid
join pg_type row_type on row_type.oid in (t.oid, t.typelem) and row_type.typrelid not in (0, p.relation)
where p.class = 'pg_attrdef'::regclass
union all
select d.refobjid, 'n'::"char", 'pg_class'::regclass, d.objid, null
from pg_depend d
where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjsubid <> 0
  and d.deptype = 'i' and ($1::oid[] is null or d.refobjid = any ($1::oid[]))
union all
select p.relation, 'n'::"char", 'pg_class'::regclass, p.oid, null
from parts p
where p.class = 'pg_class'::regclass and p.oid <> p.relation
  and (p.tree <> '' or exists (
    select
    from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = p.oid and d.refobjid >= 16384
      and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_opclass'::regclass,
        'pg_am'::regclass)
  ))
