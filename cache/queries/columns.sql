-- The columns of the relations in tables.sql ($1 and $2 as there) with oids from $3 to $4, except partitions. A column's
-- default is its own, otherwise that of its domain; that of an identity column is the next value of its sequence, unless
-- it is GENERATED ALWAYS. Generated columns have none. The caller sorts the rows: sorting so many takes PostgreSQL long.
select
  a.attrelid as relation,
  a.attnum as number,
  a.attname as name,
  a.atttypid as type,
  a.atttypmod as modifier,
  not (a.attnotnull or coalesce(domain.typnotnull, false)) as nullable,
  case
    when a.attgenerated <> '' then null
    when a.attidentity = 'd' then (
      select format('nextval(%L)', s.objid::regclass)
      from pg_depend s
      where s.refclassid = 'pg_class'::regclass and s.refobjid = a.attrelid and s.refobjsubid = a.attnum
        and s.classid = 'pg_class'::regclass and s.deptype = 'i'
    )
    when own.adbin is not null then pg_get_expr(own.adbin, 0)
    else pg_get_expr(domain.typdefaultbin, 0)
  end as default,
  d.description,
  a.attgenerated <> '' or a.attidentity = 'a' as generated,
  a.attacl is not null as has_privileges
from pg_class c
join pg_attribute a on a.attrelid = c.oid
left join pg_type domain on domain.oid = a.atttypid and domain.typtype = 'd'
left join pg_attrdef own on own.adrelid = a.attrelid and own.adnum = a.attnum
left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = a.attrelid and d.objsubid = a.attnum
where c.relkind in ('r', 'v', 'm', 'f', 'p')
  and not c.relispartition
  and c.relnamespace = any ($1::regnamespace[])
  and ($2::oid[] is null or a.attrelid = any ($2::oid[]))
  and a.attrelid between $3 and $4
  and c.oid between $3 and $4
  and a.attnum > 0
  and not a.attisdropped
