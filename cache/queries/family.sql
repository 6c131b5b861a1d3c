-- The descendants of the relations $1, by inheritance or partitioning, and the relations that have foreign keys to the
-- relations $2: there is no index on what a key references, but one on the relations of its triggers.
with recursive family (oid) as (
  select inhrelid from pg_inherits where inhparent = any ($1::oid[])
  union
  select i.inhrelid from family f join pg_inherits i on i.inhparent = f.oid
)
select oid from family
union all
select c.conrelid
from pg_trigger t
join pg_constraint c on c.oid = t.tgconstraint
where t.tgrelid = any ($2::oid[]) and c.contype = 'f' and c.confrelid = t.tgrelid
