-- PostgreSQL's own objects that read settings, as class, oid and the bits of cache.Settings: functions whose result
-- depends on the search path or shows all settings, and views, which show settings, statements and other state of the
-- session, and therefore count as code of users.
select
  'pg_proc'::regclass::oid as class,
  oid,
  case when proname in ('pg_show_all_settings', 'show_all_file_settings') then 255 else 64 end as sees
from pg_proc
where oid < 16384
  and (
    proname in ('current_schema', 'current_schemas', 'format_type', 'regclass', 'pg_get_serial_sequence', 'pg_typeof',
      'to_tsvector', 'to_tsquery', 'plainto_tsquery', 'phraseto_tsquery', 'websearch_to_tsquery', 'ts_headline',
      'json_to_tsvector', 'jsonb_to_tsvector', 'get_current_ts_config', 'ts_lexize', 'ts_parse', 'ts_token_type',
      'ts_debug', 'ts_match_tt', 'ts_match_tq', 'row_security_active', 'pg_describe_object',
      'pg_show_all_settings', 'show_all_file_settings')
    or proname ~ '^(to_reg|has_.*_privilege$|pg_.*_is_visible$|pg_get_)'
  )
union all
select 'pg_class'::regclass, oid, 0 from pg_class where oid < 16384 and relkind = 'v'
