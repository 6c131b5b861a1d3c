-- The operators of $4 that a filter may use on values of the types $3 without code of the database's users, as bits in
-- the order of the operators; own has the bits of those that mean the same for every search path. $1 and $2 are that
-- code, including types. The left operand has the type; the right one is a parameter whose type PostgreSQL infers, so that
-- PostgreSQL's own operator on the type itself is preferred to all others. If users have made no operators, this is not
-- run: see ownUse in load_code.go.
with recursive
code (class, oid) as materialized (select * from unnest($1::oid[], $2::oid[]) as code (class, oid)),
names (name, bit) as (select name, 1 << (place - 1)::int from unnest($4::text[]) with ordinality as names (name, place)),
domains (oid, base) as (
  select oid, oid from pg_type where typtype <> 'd' or typbasetype = 0
  union all
  select t.oid, d.base from domains d join pg_type t on t.typbasetype = d.oid and t.typtype = 'd'
),
subjects as materialized (
  select wanted.type, t.oid, t.typtype as kind, t.typcategory as category, t.typelem as element
  from unnest($3::oid[]) as wanted (type)
  join domains d on d.oid = wanted.type
  join pg_type t on t.oid = d.base
),
-- The operators of extensions and users. A domain on either side counts as its base type, and is checked.
others as materialized (
  select
    n.bit, l.base as operand, t.typelem as element, t.typtype as kind,
    o.oid in (select oid from code where class = 'pg_operator'::regclass)
    or o.oprleft in (select oid from code where class = 'pg_type'::regclass)
    or o.oprright in (select oid from code where class = 'pg_type'::regclass) as impure
  from pg_operator o
  join names n on n.name = o.oprname
  join domains l on l.oid = o.oprleft
  join pg_type t on t.oid = l.base
  where o.oid >= 16384
),
casts as materialized (
  select
    k.castsource, k.casttarget,
    k.castfunc in (select oid from code where class = 'pg_proc'::regclass) as impure
  from pg_cast k
  where k.castcontext = 'i'
),
reached as (
  select s.oid, o.bit, o.impure
  from subjects s
  join others o on o.operand = s.oid
    or o.kind = 'c' and s.kind = 'c' -- of a table that inherits
    or o.kind = 'p' and case
      when o.operand = 'anyenum'::regtype then s.kind = 'e'
      when o.operand in ('anyrange'::regtype, 'anycompatiblerange'::regtype) then s.kind = 'r'
      when o.operand in ('anymultirange'::regtype, 'anycompatiblemultirange'::regtype) then s.kind = 'm'
      when o.operand in ('anyarray'::regtype, 'anycompatiblearray'::regtype) then s.category = 'A'
      when o.operand = 'record'::regtype then s.kind = 'c'
      else true
    end
  union all
  select s.oid, o.bit, o.impure or k.impure
  from subjects s
  join casts k on k.castsource = s.oid or s.category = 'A' and k.castsource = s.element
  join others o on o.operand = k.casttarget or s.category = 'A' and o.element = k.casttarget
),
risks as (
  select oid, bit_or(bit) as all, bit_or(case when impure then bit else 0 end) as impure from reached group by oid
),
-- PostgreSQL's operators on two values of one type. Another one with the same name and operands may come first.
exact as (
  select s.oid, bit_or(n.bit) as bits
  from subjects s
  join pg_operator o on o.oprleft = s.oid and o.oprright = s.oid and o.oid < 16384
  join names n on n.name = o.oprname
  where not exists (
    select from pg_operator p
    where p.oprname = o.oprname and p.oprleft = o.oprleft and p.oprright = o.oprright and p.oid <> o.oid
  )
  group by s.oid
)
select
  s.type,
  case
    when s.oid in (select oid from code where class = 'pg_type'::regclass) then 0
    else (1 << cardinality($4::text[])) - 1 & (~ coalesce(r.impure, 0) | coalesce(e.bits, 0))
  end as pure,
  case
    when s.oid >= 16384 then 0
    else (1 << cardinality($4::text[])) - 1 & (~ coalesce(r.all, 0) | coalesce(e.bits, 0))
  end as own
from subjects s
left join risks r on r.oid = s.oid
left join exact e on e.oid = s.oid
