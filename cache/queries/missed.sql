-- Of which objects rows were written by the last transactions, up to an age of $1, and which of the relations $2, functions
-- $3 and types $4 are gone: the catalog that holds the object, and its oid, 0 if everything in the catalog counts as one. What
-- belongs to an object stands for it. Row types and arrays are left out: they go with what they belong to.
select 'pg_class'::regclass::oid as class, oid, false as gone from pg_class
where age(xmin) <= $1::int4 and relkind in ('r', 'v', 'm', 'f', 'p', 'c', 'S')
union all select 'pg_class'::regclass::oid, attrelid, false from pg_attribute where age(xmin) <= $1::int4 and attnum > 0
union all select 'pg_class'::regclass::oid, adrelid, false from pg_attrdef where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, conrelid, false from pg_constraint where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, confrelid, false from pg_constraint where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, indrelid, false from pg_index where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, inhrelid, false from pg_inherits where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, inhparent, false from pg_inherits where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, ev_class, false from pg_rewrite where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, polrelid, false from pg_policy where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, stxrelid, false from pg_statistic_ext where age(xmin) <= $1::int4
union all select 'pg_class'::regclass::oid, tgrelid, false from pg_trigger where age(xmin) <= $1::int4
union all select classoid, objoid, false from pg_description
where age(xmin) <= $1::int4 and classoid in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
union all select 'pg_proc'::regclass::oid, oid, false from pg_proc where age(xmin) <= $1::int4
union all select 'pg_proc'::regclass::oid, aggfnoid, false from pg_aggregate where age(xmin) <= $1::int4
union all select 'pg_type'::regclass::oid, oid, false from pg_type where age(xmin) <= $1::int4 and typtype <> 'c' and not (typcategory = 'A' and typarray = 0)
union all select 'pg_type'::regclass::oid, enumtypid, false from pg_enum where age(xmin) <= $1::int4
union all select 'pg_type'::regclass::oid, rngtypid, false from pg_range where age(xmin) <= $1::int4
union all select 'pg_type'::regclass::oid, contypid, false from pg_constraint where age(xmin) <= $1::int4
union all select 'pg_namespace'::regclass::oid, oid, false from pg_namespace where age(xmin) <= $1::int4
union all select 'pg_auth_members'::regclass::oid, 0, false from pg_auth_members where age(xmin) <= $1::int4
union all select 'pg_cast'::regclass::oid, 0, false from pg_cast where age(xmin) <= $1::int4
union all select 'pg_operator'::regclass::oid, 0, false from pg_operator where age(xmin) <= $1::int4
union all select 'pg_opclass'::regclass::oid, 0, false from pg_opclass where age(xmin) <= $1::int4
union all select 'pg_amproc'::regclass::oid, 0, false from pg_amproc where age(xmin) <= $1::int4
union all select 'pg_amop'::regclass::oid, 0, false from pg_amop where age(xmin) <= $1::int4
union all select 'pg_extension'::regclass::oid, 0, false from pg_extension where age(xmin) <= $1::int4
union all select 'pg_language'::regclass::oid, 0, false from pg_language where age(xmin) <= $1::int4
union all select 'pg_ts_template'::regclass::oid, 0, false from pg_ts_template where age(xmin) <= $1::int4
union all select 'pg_ts_parser'::regclass::oid, 0, false from pg_ts_parser where age(xmin) <= $1::int4
union all select 'pg_conversion'::regclass::oid, 0, false from pg_conversion where age(xmin) <= $1::int4
union all select 'pg_collation'::regclass::oid, 0, false from pg_collation where age(xmin) <= $1::int4
union all select 'pg_ts_config'::regclass::oid, 0, false from pg_ts_config where age(xmin) <= $1::int4
union all select 'pg_ts_dict'::regclass::oid, 0, false from pg_ts_dict where age(xmin) <= $1::int4
union all select 'pg_foreign_data_wrapper'::regclass::oid, 0, false from pg_foreign_data_wrapper where age(xmin) <= $1::int4
union all select 'pg_foreign_server'::regclass::oid, 0, false from pg_foreign_server where age(xmin) <= $1::int4
union all select 'pg_class'::regclass, oid, true from unnest($2::oid[]) as known (oid)
where not exists (select from pg_class t where t.oid = known.oid)
union all select 'pg_proc'::regclass, oid, true from unnest($3::oid[]) as known (oid)
where not exists (select from pg_proc t where t.oid = known.oid)
union all select 'pg_type'::regclass, oid, true from unnest($4::oid[]) as known (oid)
where not exists (select from pg_type t where t.oid = known.oid)
