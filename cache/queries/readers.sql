-- The roles that may read some columns of the relations $1 but not all, among those that the gateway may become, except
-- superusers.
select c.oid, r.rolname, array_agg(a.attname::text order by a.attnum)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
cross join pg_roles r
where c.oid = any ($1::oid[])
  and not r.rolsuper
  and pg_has_role(r.oid, 'member')
  and not has_table_privilege(r.oid, c.oid, 'select')
  and has_column_privilege(r.oid, c.oid, a.attnum, 'select')
group by c.oid, r.rolname
