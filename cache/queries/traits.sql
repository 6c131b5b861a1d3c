-- Properties of the database as a whole: whether it is a standby, and which functions, but only those of $1 if that is not
-- null, may run dynamic SQL, and so PREPARE, DEALLOCATE or DISCARD. Functions of SQL and plpgsql have these in their text, or create the function that
-- has them; a body that is parsed when the function is created (BEGIN ATOMIC) has no text and cannot contain such a
-- command. Functions in C are excepted only if their libraries are known to run no SQL, or only queries of their own;
-- all other languages can hide what they run.
select
  pg_is_in_recovery() as standby,
  array(
    select p.oid
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    where p.oid >= 16384
      and ($1::oid[] is null or p.oid = any ($1::oid[]))
      and p.prokind <> 'a'
      and case
        when l.lanname = 'internal' then false
        when l.lanname in ('sql', 'plpgsql')
        then p.prosrc ~* '\m(execute|prepare|deallocate|discard)\M|\mcreate\M.*\m(function|procedure)\M'
          or p.prosrc ~* '\mdo\s*(language\M|''|e''|u&''|\$)'
        when l.lanname = 'c'
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
      end
  ) as dynamic
