-- The types that are made of the types $1, and that need or show what these do, as bits ($2, side by side): arrays,
-- domains, ranges and row types, and what is made of those. This is one query, and not one for each step, because planning
-- it takes as long as running it. Row types are those of all relations that have columns of types of users, or of
-- such types of PostgreSQL's own.
with recursive
given (type, bits) as materialized (select type, bits from unnest($1::oid[], $2::int4[]) as given (type, bits)),
users (type, needed) as materialized (
  select oid, typelem from pg_type where typelem <> 0
  union all
  select oid, typbasetype from pg_type where typtype = 'd'
  union all
  select k.contypid, d.refobjid
  from pg_constraint k
  join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
  where k.contypid <> 0 and d.refclassid = 'pg_type'::regclass
  union all
  select t.oid, d.refobjid
  from pg_type t
  join pg_depend d on d.classid = 'pg_type'::regclass and d.objid = t.oid
  where t.typtype = 'd' and d.refclassid = 'pg_type'::regclass
  union all
  select rngtypid, rngsubtype from pg_range
  union all
  select rngmultitypid, rngtypid from pg_range
),
simple (type, bits) as (
  select type, bits from given
  union
  select u.type, s.bits from simple s join users u on u.needed = s.type
),
rows (type, needed) as materialized (
  select c.reltype, a.atttypid
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  where a.attnum > 0
    and not a.attisdropped
    and c.reltype <> 0
    and (
      a.atttypid >= 16384
      or a.atttypid in (
        select type from simple
        union all
        select oid from pg_type where oid < 16384 and typtype = 'c'
      )
    )
),
made (type, bits) as (
  select type, bits from given
  union
  select u.type, m.bits
  from made m
  join (select type, needed from users union all select type, needed from rows) as u on u.needed = m.type
)
select type, bit_or(bits)::int4 as bits from made group by type
