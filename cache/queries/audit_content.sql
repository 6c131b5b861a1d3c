-- What the catalogs $1 hold, each as one number, but for temporary objects. Rows of pg_class are written for other reasons
-- than DDL (TRUNCATE, CLUSTER), so what they say is looked at; of the others, the transactions that wrote them.
with temporary as materialized (
  select oid from pg_class where relpersistence = 't'
),
passing as materialized (
  select oid from pg_namespace where nspname ~ '^pg_(temp|toast)'
)
select catalog, coalesce(content, 0)::text as content
from (
  select 'pg_class' as catalog, bit_xor(hashtextextended(concat_ws(' ', oid, relname, relnamespace, reltype, reloftype, relowner,
    relam, relkind, relnatts, relhasrules, relhastriggers, relrowsecurity, relispartition, relacl, reloptions), 0)) as content
  from pg_class
  where 'pg_class' = any ($1::text[]) and relkind in ('r', 'v', 'm', 'f', 'p', 'c', 'S') and relpersistence <> 't'
  union all
  select 'pg_attribute', bit_xor(hashint8extended((xmin::text::int8 << 32) # (attrelid::int8 * 2048 + attnum), 0))
  from pg_attribute
  where 'pg_attribute' = any ($1::text[])
    and attrelid not in (select oid from temporary) and attnum > 0
  union all
  select 'pg_attrdef', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_attrdef
  where 'pg_attrdef' = any ($1::text[])
    and adrelid not in (select oid from temporary)
  union all
  select 'pg_index', bit_xor(hashint8extended((xmin::text::int8 << 32) # indexrelid::int8, 0))
  from pg_index
  where 'pg_index' = any ($1::text[])
    and indrelid not in (select oid from temporary)
  union all
  select 'pg_inherits', bit_xor(hashint8extended((xmin::text::int8 << 32) # (inhrelid::int8 * 2048 + inhseqno), 0))
  from pg_inherits
  where 'pg_inherits' = any ($1::text[])
    and inhrelid not in (select oid from temporary)
  union all
  select 'pg_rewrite', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_rewrite
  where 'pg_rewrite' = any ($1::text[])
    and ev_class not in (select oid from temporary)
  union all
  select 'pg_policy', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_policy
  where 'pg_policy' = any ($1::text[])
    and polrelid not in (select oid from temporary)
  union all
  select 'pg_trigger', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_trigger
  where 'pg_trigger' = any ($1::text[])
    and tgrelid not in (select oid from temporary)
  union all
  select 'pg_constraint', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_constraint
  where 'pg_constraint' = any ($1::text[])
    and conrelid not in (select oid from temporary)
  union all
  select 'pg_proc', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_proc
  where 'pg_proc' = any ($1::text[])
    and pronamespace not in (select oid from passing)
  union all
  select 'pg_type', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_type
  where 'pg_type' = any ($1::text[])
    and typnamespace not in (select oid from passing)
  union all
  select 'pg_namespace', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_namespace
  where 'pg_namespace' = any ($1::text[])
    and nspname !~ '^pg_(temp|toast)'
  union all
  select 'pg_aggregate', bit_xor(hashint8extended((xmin::text::int8 << 32) # aggfnoid::oid::int8, 0))
  from pg_aggregate
  where 'pg_aggregate' = any ($1::text[])
  union all
  select 'pg_enum', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_enum
  where 'pg_enum' = any ($1::text[])
  union all
  select 'pg_range', bit_xor(hashint8extended((xmin::text::int8 << 32) # rngtypid::int8, 0))
  from pg_range
  where 'pg_range' = any ($1::text[])
  union all
  select 'pg_cast', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_cast
  where 'pg_cast' = any ($1::text[])
  union all
  select 'pg_operator', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_operator
  where 'pg_operator' = any ($1::text[])
  union all
  select 'pg_opclass', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_opclass
  where 'pg_opclass' = any ($1::text[])
  union all
  select 'pg_amproc', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_amproc
  where 'pg_amproc' = any ($1::text[])
  union all
  select 'pg_amop', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_amop
  where 'pg_amop' = any ($1::text[])
  union all
  select 'pg_description', bit_xor(hashint8extended((xmin::text::int8 << 32) # (objoid::int8 * 2048 + objsubid), 0))
  from pg_description
  where 'pg_description' = any ($1::text[])
  union all
  select 'pg_extension', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_extension
  where 'pg_extension' = any ($1::text[])
  union all
  select 'pg_language', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_language
  where 'pg_language' = any ($1::text[])
  union all
  select 'pg_ts_template', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_ts_template
  where 'pg_ts_template' = any ($1::text[])
  union all
  select 'pg_ts_parser', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_ts_parser
  where 'pg_ts_parser' = any ($1::text[])
  union all
  select 'pg_conversion', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_conversion
  where 'pg_conversion' = any ($1::text[])
  union all
  select 'pg_statistic_ext', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_statistic_ext
  where 'pg_statistic_ext' = any ($1::text[])
    and stxrelid not in (select oid from temporary)
  union all
  select 'pg_collation', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_collation
  where 'pg_collation' = any ($1::text[])
  union all
  select 'pg_ts_config', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_ts_config
  where 'pg_ts_config' = any ($1::text[])
  union all
  select 'pg_ts_dict', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_ts_dict
  where 'pg_ts_dict' = any ($1::text[])
  union all
  select 'pg_foreign_server', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_foreign_server
  where 'pg_foreign_server' = any ($1::text[])
  union all
  select 'pg_foreign_data_wrapper', bit_xor(hashint8extended((xmin::text::int8 << 32) # oid::int8, 0))
  from pg_foreign_data_wrapper
  where 'pg_foreign_data_wrapper' = any ($1::text[])
) as found
