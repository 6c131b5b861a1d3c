DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'check_login') THEN
    CREATE ROLE check_anon;
    CREATE ROLE check_other;
    CREATE ROLE check_login LOGIN NOINHERIT;
    GRANT check_anon TO check_login;
  END IF;
  EXECUTE format('ALTER ROLE check_login IN DATABASE %I SET pgrst.jwt_cache_max_lifetime = %L', current_database(), '60');
  EXECUTE format('ALTER ROLE check_login IN DATABASE %I SET pgrst.server_port = %L', current_database(), '80');
END $$;

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO check_anon;
CREATE TABLE api.items (id int PRIMARY KEY);

CREATE SCHEMA hidden;
CREATE TABLE hidden.items (id int PRIMARY KEY);

CREATE SCHEMA empty;
GRANT USAGE ON SCHEMA empty TO check_anon;

CREATE FUNCTION api.before() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION hidden.before() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION api.wants(what text) RETURNS void LANGUAGE sql AS '';
