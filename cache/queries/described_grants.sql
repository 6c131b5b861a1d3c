-- What the role $2 may do with the columns of the relations of the exposed schemas ($1). Privileges on a relation are
-- privileges on all of its columns.
select
  n.nspname as schema,
  c.relname as name,
  a.attname as column,
  has_column_privilege($2::name, c.oid, a.attnum, 'select') as may_select,
  has_column_privilege($2::name, c.oid, a.attnum, 'insert') as may_insert,
  has_column_privilege($2::name, c.oid, a.attnum, 'update') as may_update
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid
where c.relkind in ('r', 'v', 'm', 'f', 'p')
  and c.relnamespace = any ($1::regnamespace[])
  and has_schema_privilege($2::name, n.oid, 'usage')
  and a.attnum > 0
  and not a.attisdropped
order by schema, name, a.attnum
