-- The descendants of the relations $1, by inheritance or partitioning.
with recursive family (oid) as (
  select inhrelid from pg_inherits where inhparent = any ($1::oid[])
  union
  select i.inhrelid from family f join pg_inherits i on i.inhparent = f.oid
)
select oid from family
