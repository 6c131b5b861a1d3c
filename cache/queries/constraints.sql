-- The primary keys, unique constraints and foreign keys of all tables, or of $1 if it is not null, including
-- partitions. Foreign keys that a partition inherits are left out.
select
  k.conrelid as relation,
  k.conname as name,
  k.contype as type,
  k.conkey as columns,
  k.confrelid as foreign_relation,
  k.confkey as foreign_columns
from pg_constraint k
where k.conrelid <> 0
  and (k.contype in ('p', 'u') or k.contype = 'f' and k.conparentid = 0)
  and k.connamespace <> 'pg_catalog'::regnamespace
  and ($1::oid[] is null or k.conrelid = any ($1::oid[]))
