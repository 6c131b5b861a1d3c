-- Roles that log in, with settings that they get from the database, and roles that they may become.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'settings_login') THEN
    CREATE ROLE settings_login LOGIN NOINHERIT;
    CREATE ROLE "Hooked Login" LOGIN NOINHERIT;
    CREATE ROLE bare_login LOGIN NOINHERIT;
    CREATE ROLE timeout_role;
    CREATE ROLE "Serial Role";
    CREATE ROLE repeatable_role;
    CREATE ROLE committed_role;
    CREATE ROLE logging_role;
    CREATE ROLE plain_role;
    CREATE ROLE stranger_role;
    CREATE ROLE odd_role;
    CREATE ROLE reading_role;
    CREATE ROLE writing_role;
    CREATE ROLE group_role;
    CREATE ROLE nested_role;
    GRANT timeout_role, "Serial Role", repeatable_role, committed_role, logging_role, plain_role, odd_role,
      reading_role, writing_role, group_role TO settings_login;
    GRANT nested_role TO group_role;
  END IF;
END $$;

ALTER ROLE settings_login SET pgrst.db_anon_role = 'from_role';
ALTER ROLE settings_login SET pgrst.db_schemas = 'test, tenant1';
ALTER ROLE settings_login SET pgrst.jwt_secret = 'a=b=reallyreallyreallyreallyverysafe';
ALTER ROLE settings_login SET pgrst.db_extra_search_path = '';
ALTER ROLE settings_login SET pgrst.not_existing = 'ignored';
ALTER ROLE settings_login SET pgrst.server_port = '4000';
ALTER ROLE settings_login SET pgrst.db_uri = 'postgresql://ignored';

ALTER ROLE "Hooked Login" SET pgrst.db_pre_config = 'hooks.pre_config';
ALTER ROLE "Hooked Login" SET pgrst.db_max_rows = '100';

ALTER ROLE timeout_role SET statement_timeout = '5s';
ALTER ROLE timeout_role SET work_mem = '3MB';
ALTER ROLE timeout_role SET app.tenant = 'of the role everywhere';
ALTER ROLE "Serial Role" SET default_transaction_isolation = 'serializable';
ALTER ROLE "Serial Role" SET TimeZone = 'Europe/Paris';
ALTER ROLE repeatable_role SET default_transaction_isolation = 'REPEATABLE READ';
ALTER ROLE committed_role SET default_transaction_isolation = 'read committed';
ALTER ROLE logging_role SET log_min_messages = 'fatal';
ALTER ROLE logging_role SET log_min_duration_statement = 1;
ALTER ROLE stranger_role SET statement_timeout = '1s';
ALTER ROLE nested_role SET app.tenant = 'sea=shore';
ALTER ROLE reading_role SET default_transaction_read_only = 'TRUE';
ALTER ROLE writing_role SET default_transaction_read_only = 'no';

-- What would break requests, is not valid, or is not for everybody.
ALTER ROLE odd_role SET client_encoding = 'LATIN1';
ALTER ROLE odd_role SET role = 'plain_role';
ALTER ROLE odd_role SET exit_on_error = on;
ALTER ROLE odd_role SET temp_buffers = '1MB';
ALTER ROLE odd_role SET default_tablespace = 'no_such_tablespace';
ALTER ROLE odd_role SET plpgsql.variable_conflict = 'use_column';
ALTER ROLE odd_role SET plpgsql.extra_warnings = 'all';

DO $$
BEGIN
  EXECUTE format('ALTER ROLE settings_login IN DATABASE %I SET pgrst.db_max_rows = 500', current_database());
  EXECUTE format('ALTER ROLE settings_login IN DATABASE %I SET pgrst.db_anon_role = ''from_database''', current_database());
  EXECUTE format('ALTER ROLE settings_login IN DATABASE postgres SET pgrst.db_max_rows = 1111');
  EXECUTE format('ALTER ROLE timeout_role IN DATABASE %I SET Statement_Timeout = ''6s''', current_database());
  EXECUTE format('ALTER ROLE timeout_role IN DATABASE %I SET app.tenant = ''of the role here''', current_database());
  EXECUTE format('ALTER ROLE timeout_role IN DATABASE postgres SET work_mem = ''9MB''');
  EXECUTE format('ALTER ROLE committed_role IN DATABASE %I SET default_transaction_isolation = ''repeatable read''',
    current_database());
  EXECUTE format('ALTER DATABASE %I SET pgrst.openapi_mode = ''disabled''', current_database());
END $$;

CREATE SCHEMA hooks;
GRANT USAGE ON SCHEMA hooks TO PUBLIC;

CREATE FUNCTION hooks.pre_config() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('pgrst.db_anon_role', 'hooked', true),
          set_config('pgrst.db_max_rows', 'hidden by ALTER ROLE', true),
          set_config('pgrst.server_port', '5000', true),
          -- Left for the session, if the transaction were committed.
          set_config('pgrst.db_schemas', 'seen_by_' || session_user, false);
END $$;

CREATE FUNCTION public.failing_hook() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the hook fails';
END $$;

CREATE FUNCTION public.writing_hook() RETURNS void LANGUAGE sql AS 'CREATE TEMP TABLE t ()';
