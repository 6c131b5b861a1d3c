-- The relations of the exposed schemas ($1), except partitions, that have columns with privileges of their own.
select distinct a.attrelid as relation
from pg_attribute a
join pg_class c on c.oid = a.attrelid
where a.attacl is not null
  and a.attnum > 0
  and not a.attisdropped
  and c.relkind in ('r', 'v', 'm', 'f', 'p')
  and not c.relispartition
  and c.relnamespace = any ($1::regnamespace[])
