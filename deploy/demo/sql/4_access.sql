-- Privileges and policies. The gateway logs in as authenticator and becomes web_anon or, with a token, web_user.

DO $$
BEGIN
  IF to_regrole('authenticator') IS NULL THEN
    CREATE ROLE authenticator LOGIN NOINHERIT;
  END IF;
  IF to_regrole('web_anon') IS NULL THEN
    CREATE ROLE web_anon;
  END IF;
  IF to_regrole('web_user') IS NULL THEN
    CREATE ROLE web_user;
  END IF;
  IF to_regrole('curator') IS NULL THEN
    CREATE ROLE curator;
  END IF;
END $$;
GRANT web_anon, web_user TO authenticator;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA api, private FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT SELECT ON TABLES TO web_anon, web_user;

-- The curator only creates views of films.
GRANT USAGE, CREATE ON SCHEMA api TO curator;
GRANT SELECT ON api.films TO curator;
ALTER FUNCTION api.publish_decade(int) OWNER TO curator;

GRANT USAGE ON SCHEMA api, private TO web_anon, web_user;
GRANT SELECT ON ALL TABLES IN SCHEMA api TO web_anon, web_user;
REVOKE SELECT ON api.users, api.watchlist FROM web_anon;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO web_anon, web_user;
REVOKE EXECUTE ON FUNCTION api.rate FROM web_anon;
GRANT EXECUTE ON FUNCTION private.user_id TO web_anon, web_user;

GRANT UPDATE (name, email) ON api.users TO web_user;
GRANT INSERT, DELETE, UPDATE (stars, review, rated) ON api.ratings TO web_user;
GRANT INSERT, DELETE ON api.watchlist TO web_user;

ALTER TABLE api.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.users TO web_user USING (id = private.user_id());

ALTER TABLE api.watchlist ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.watchlist TO web_user USING (user_id = private.user_id());

ALTER TABLE api.ratings ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_reads ON api.ratings FOR SELECT USING (true);
CREATE POLICY own ON api.ratings TO web_user USING (user_id = private.user_id());

REFRESH MATERIALIZED VIEW api.genre_statistics;
ANALYZE;
