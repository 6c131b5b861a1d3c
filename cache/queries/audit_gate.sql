-- How often rows of the catalogs that a snapshot is made of were written, as far as the server counts that; what is rolled
-- back, and temporary tables, count too. A server that does not count, and a standby, where nothing is counted that is
-- replayed, have a text that changes whenever rows may have been written.
select
  c.relname as catalog,
  case
    when pg_is_in_recovery() then pg_last_wal_replay_lsn()::text
    when not current_setting('track_counts')::boolean then clock_timestamp()::text
    else concat_ws(' ', pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
      pg_stat_get_tuples_deleted(c.oid), pg_stat_get_db_stat_reset_time(d.oid), pg_postmaster_start_time())
  end as written
from pg_class c
cross join pg_database d
where d.datname = current_database()
  and c.relnamespace = 'pg_catalog'::regnamespace
  and c.relname in (
    'pg_class', 'pg_attribute', 'pg_attrdef', 'pg_constraint', 'pg_index', 'pg_inherits', 'pg_rewrite', 'pg_policy',
    'pg_trigger', 'pg_proc', 'pg_aggregate', 'pg_type', 'pg_enum', 'pg_range', 'pg_namespace', 'pg_cast', 'pg_operator',
    'pg_opclass', 'pg_amproc', 'pg_amop', 'pg_description', 'pg_extension', 'pg_language', 'pg_ts_template', 'pg_ts_parser',
    'pg_conversion', 'pg_statistic_ext', 'pg_collation', 'pg_ts_config', 'pg_ts_dict', 'pg_foreign_server',
    'pg_foreign_data_wrapper'
  )
