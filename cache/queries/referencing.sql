-- The relations that have foreign keys to the relations $1. There is no index on what a key references, but one on the
-- relations of its triggers.
select c.conrelid
from pg_trigger t
join pg_constraint c on c.oid = t.tgconstraint
where t.tgrelid = any ($1::oid[]) and c.contype = 'f' and c.confrelid = t.tgrelid
