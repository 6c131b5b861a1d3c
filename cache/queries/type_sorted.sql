-- Types that are sorted, grouped or compared as ranges by the operator classes $1, only those of $2 if it is not null. An
-- expression takes the default operator class, also of the pseudo-type that a type belongs to.
select t.oid
from pg_opclass k
join pg_type t on t.oid = k.opcintype
  or k.opcintype in ('anyenum'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'e'
  or k.opcintype in ('anyrange'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'r'
  or k.opcintype in ('anymultirange'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'm'
  or k.opcintype in ('record'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typtype = 'c'
  or k.opcintype in ('anyarray'::regtype, 'anyelement'::regtype, '"any"'::regtype) and t.typcategory = 'A'
where k.opcdefault
  and k.oid = any ($1::oid[])
  and ($2::oid[] is null or t.oid = any ($2::oid[]))
union all
select rngtypid from pg_range
where rngsubopc = any ($1::oid[])
  and ($2::oid[] is null or rngtypid = any ($2::oid[]))
