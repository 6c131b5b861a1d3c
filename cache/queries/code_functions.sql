-- What has to be known of functions: of those of users, or only of those of $1 if that is not null, and of PostgreSQL's
-- own that matter. It is one pass over them, because they are thousands.
--
-- Code is set for functions that count as code of users: all of their own, unless code_plain.sql finds them to be safe, and
-- PostgreSQL's own that are not known to be safe. Native are aggregates, and functions in other languages than SQL and
-- PL/pgSQL: only they can be safe, and only they can be handlers of access methods and text search, because functions in
-- SQL and PL/pgSQL neither take nor return values of type internal. Sees are the settings that functions of PostgreSQL's
-- read, as bits of cache.Settings: their result depends on the search path, or shows all settings.
--
-- Dynamic are functions that may run dynamic SQL, and so PREPARE, DEALLOCATE or DISCARD. Functions of SQL and PL/pgSQL have
-- these in their text, or create the function that has them; a body that is parsed when the function is created (BEGIN
-- ATOMIC) has no text and cannot contain such a command. Functions in C are excepted only if their libraries are known to
-- run no SQL, or only queries of their own; all other languages can hide what they run.
--
-- 16384 is the first oid of objects that do not belong to the system (FirstNormalObjectId). 12, 13 and 14 are the oids of
-- the languages internal, C and SQL: to compare names would take longer.
select oid, code, native, sees, dynamic
from (
  select
    p.oid,
    p.oid >= 16384
      or p.prolang not in (12, 13, 14)
      or p.prosupport >= 16384
      -- PostgreSQL's volatile functions that leave nothing behind. The effects of nextval are handled in tree.go.
      or p.provolatile = 'v' and p.proname not in (
        'random', 'random_normal', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'clock_timestamp', 'timeofday'
      )
      -- PostgreSQL's functions that are not volatile and yet run SQL, or a function that their arguments name.
      or p.proname in (
        'table_to_xml', 'table_to_xmlschema', 'table_to_xml_and_xmlschema', 'query_to_xml', 'query_to_xmlschema',
        'query_to_xml_and_xmlschema', 'cursor_to_xml', 'cursor_to_xmlschema', 'schema_to_xml', 'schema_to_xmlschema',
        'schema_to_xml_and_xmlschema', 'database_to_xml', 'database_to_xmlschema', 'database_to_xml_and_xmlschema',
        'ts_stat', 'ts_rewrite', 'pg_input_is_valid', 'pg_input_error_info'
      ) as code,
    p.oid >= 16384
      and (
        p.prokind = 'a'
        or p.prolang not in (14, coalesce((select oid from pg_language where lanname = 'plpgsql'), 0))
      ) as native,
    case
      when p.oid >= 16384 then 0
      when p.proname in ('pg_show_all_settings', 'show_all_file_settings') then 255
      when p.proname in (
        'current_schema', 'current_schemas', 'format_type', 'regclass', 'pg_get_serial_sequence', 'pg_typeof',
        'to_tsvector', 'to_tsquery', 'plainto_tsquery', 'phraseto_tsquery', 'websearch_to_tsquery', 'ts_headline',
        'json_to_tsvector', 'jsonb_to_tsvector', 'get_current_ts_config', 'ts_lexize', 'ts_parse', 'ts_token_type',
        'ts_debug', 'ts_match_tt', 'ts_match_tq', 'row_security_active', 'pg_describe_object'
      ) then 64
      -- A regular expression would take longer than the rest of the query.
      when p.proname like 'to\_reg%' or p.proname like 'has\_%\_privilege' or p.proname like 'pg\_%\_is\_visible'
        or p.proname like 'pg\_get\_%' then 64
      else 0
    end as sees,
    p.oid >= 16384 and p.prokind <> 'a'
      and case
        when p.prolang = 12 then false
        when p.prolang in (14, coalesce((select oid from pg_language where lanname = 'plpgsql'), 0))
        then p.prosrc ~* '\m(execute|prepare|deallocate|discard)\M|\mcreate\M.*\m(function|procedure)\M'
          or p.prosrc ~* '\mdo\s*(language\M|''|e''|u&''|\$)'
        when p.prolang = 13
        then regexp_replace(p.probin, '^\$libdir/', '') not in (
            'bloom', 'btree_gin', 'btree_gist', 'citext', 'cube', 'dict_int', 'dict_xsyn', 'earthdistance', 'fuzzystrmatch',
            'hstore', '_int', 'isn', 'ltree', 'pg_trgm', 'pgcrypto', 'seg', 'tsm_system_rows', 'tsm_system_time', 'unaccent',
            'uuid-ossp', 'vector',
            -- They run queries that cannot contain such a command: read-only ones, their own, or another server's.
            'tablefunc', 'postgis-3', 'postgis_raster-3', 'postgres_fdw', 'file_fdw', 'pg_stat_statements'
          )
          -- Handlers of languages, access methods and foreign data are not called by name.
          and p.prorettype not in ('language_handler'::regtype, 'fdw_handler'::regtype, 'index_am_handler'::regtype,
            'table_am_handler'::regtype, 'tsm_handler'::regtype)
          and not exists (select from pg_language h where p.oid in (h.laninline, h.lanvalidator))
        else true
      end as dynamic
  from pg_proc p
  where $1::oid[] is null or p.oid = any ($1::oid[])
) as functions
where code or sees <> 0
