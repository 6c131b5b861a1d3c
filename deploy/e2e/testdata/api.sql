DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'e2e_login') THEN
    CREATE ROLE e2e_anon;
    CREATE ROLE e2e_user;
    CREATE ROLE e2e_login LOGIN NOINHERIT;
    GRANT e2e_anon, e2e_user TO e2e_login;
  END IF;
END $$;

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO e2e_anon, e2e_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT SELECT, INSERT ON TABLES TO e2e_anon, e2e_user;

CREATE TABLE api.films (id int PRIMARY KEY, title text NOT NULL);
INSERT INTO api.films SELECT n, 'Film ' || n FROM generate_series(1, 20) AS n;

CREATE TABLE api.journal (id int PRIMARY KEY);

CREATE TABLE api.notes (owner text NOT NULL DEFAULT current_setting('request.jwt.claims')::json ->> 'sub', body text);
ALTER TABLE api.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.notes TO e2e_user
  USING (owner = current_setting('request.jwt.claims')::json ->> 'sub');

CREATE FUNCTION api.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE RETURN a + b;

CREATE FUNCTION api.sleep(seconds float) RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT 'slept' FROM pg_sleep(seconds) $$;

-- One JSON string with the given number of letters. A function in SQL would be computed several times, while PostgreSQL
-- plans, and repeat copies letter by letter.
CREATE FUNCTION api.letters(count int) RETURNS json LANGUAGE plpgsql STABLE AS
  $$ BEGIN RETURN ('"' || repeat(repeat('x', 1000), count / 1000) || repeat('x', count % 1000) || '"')::json; END $$;

-- Rows with a text of a thousand letters each.
CREATE FUNCTION api.letter_rows(lines int) RETURNS TABLE (letters text) LANGUAGE sql STABLE AS
  $$ SELECT repeat('x', 1000) FROM (SELECT generate_series(1, lines)) g $$;

CREATE FUNCTION api.slow_entry(id int) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO api.journal VALUES (id); SELECT pg_sleep(600) $$;

-- Everything in a session that another user could have left there, and the current user.
CREATE FUNCTION api.session() RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object(
    'sub', current_setting('request.jwt.claims')::json ->> 'sub',
    'token_role', current_setting('request.jwt.claims')::json ->> 'role',
    'role', current_user,
    'path', current_setting('request.path'),
    'search_path', current_setting('search_path'),
    'statement_timeout', current_setting('statement_timeout'),
    'timezone', current_setting('timezone'),
    'custom', nullif(current_setting('shop.owner', true), ''),
    'status', nullif(current_setting('response.status', true), ''),
    'headers', nullif(current_setting('response.headers', true), ''),
    'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
    'cursors', (SELECT count(*) FROM pg_cursors WHERE is_holdable),
    'channels', (SELECT count(*) FROM pg_listening_channels()),
    'secret', to_regclass('pg_temp.secret'))
$$;

-- Leaves as much as possible in the session.
CREATE FUNCTION api.litter() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  sub text := current_setting('request.jwt.claims')::json ->> 'sub';
BEGIN
  CREATE TEMPORARY TABLE secret AS SELECT sub;
  PERFORM pg_advisory_lock(hashtext(sub));
  EXECUTE format('LISTEN %I', sub);
  PERFORM set_config('request.jwt.claims', json_build_object('sub', sub, 'role', 'littered')::text, false),
    set_config('request.path', '/of/' || sub, false), set_config('search_path', 'pg_temp, pg_catalog', false),
    set_config('statement_timeout', '543210', false), set_config('timezone', 'Asia/Tokyo', false),
    set_config('shop.owner', sub, false), set_config('response.status', '299', false),
    set_config('response.headers', json_build_array(json_build_object('X-Owner', sub))::text, false),
    set_config('role', 'e2e_user', false);
  RETURN sub;
END $$;

-- Does the same from a read.
CREATE FUNCTION api.litter_reading() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  sub text := current_setting('request.jwt.claims')::json ->> 'sub';
BEGIN
  PERFORM pg_advisory_lock(hashtext(sub)),
    set_config('request.jwt.claims', json_build_object('sub', sub, 'role', 'littered')::text, false),
    set_config('search_path', 'pg_temp, pg_catalog', false), set_config('statement_timeout', '543210', false),
    set_config('timezone', 'Asia/Tokyo', false), set_config('shop.owner', sub, false),
    set_config('response.headers', json_build_array(json_build_object('X-Owner', sub))::text, false),
    set_config('role', 'e2e_user', false);
  RETURN sub;
END $$;

CREATE FUNCTION api.litter_and_fail() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM api.litter();
  RAISE EXCEPTION 'failed for %', current_setting('shop.owner');
END $$;

CREATE FUNCTION api.forget_statements() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  DEALLOCATE ALL;
  RETURN current_setting('request.jwt.claims')::json ->> 'sub';
END $$;

-- PostgreSQL refuses this in a function. Earlier settings must be removed nevertheless.
CREATE FUNCTION api.discard_all() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('shop.owner', current_setting('request.jwt.claims')::json ->> 'sub', false);
  DISCARD ALL;
  RETURN 'done';
END $$;

-- Discards what a function may discard.
CREATE FUNCTION api.discard_parts() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  sub text := current_setting('request.jwt.claims')::json ->> 'sub';
BEGIN
  RESET ALL;
  DISCARD PLANS;
  DISCARD TEMP;
  DISCARD SEQUENCES;
  RETURN sub;
END $$;

-- Replaces the prepared statement that makes a session the asking user's by one that does nothing, so that the next
-- request would run as the gateway itself.
CREATE FUNCTION api.take_over() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found record;
BEGIN
  FOR found IN
    SELECT name, parameter_types::text[] AS types FROM pg_prepared_statements
    WHERE strpos(statement, 'set_config(''role''') > 0 AND NOT from_sql
  LOOP
    EXECUTE format('DEALLOCATE %I', found.name);
    EXECUTE format('PREPARE %I (%s) AS SELECT 0', found.name, array_to_string(found.types, ','));
  END LOOP;
  RETURN current_setting('request.jwt.claims')::json ->> 'sub';
END $$;

-- Takes the names of the gateway's prepared statements, and of those that it may prepare next.
CREATE FUNCTION api.replace_statements() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  statement record;
BEGIN
  FOR statement IN SELECT name, parameter_types::text[] AS types FROM pg_prepared_statements LOOP
    EXECUTE format('DEALLOCATE %I', statement.name);
    EXECUTE format('PREPARE %I %s AS SELECT 666', statement.name,
      '(' || nullif(array_to_string(statement.types, ','), '') || ')');
  END LOOP;
  FOR n IN 0..9 LOOP
    BEGIN
      EXECUTE format('PREPARE %I AS SELECT 666', 'trunkline 1' || n);
    EXCEPTION
      WHEN duplicate_prepared_statement THEN NULL;
    END;
  END LOOP;
  RETURN 'done';
END $$;

-- For db-pre-request.
CREATE FUNCTION public.refuse_banned() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('request.headers')::json ->> 'x-banned' IS NOT NULL THEN
    PERFORM set_config('shop.owner', current_setting('request.headers')::json ->> 'x-banned', false);
    RAISE insufficient_privilege USING MESSAGE = 'banned';
  END IF;
END $$;
