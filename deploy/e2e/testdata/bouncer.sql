DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bouncer_login') THEN
    CREATE ROLE bouncer_anon;
    CREATE ROLE bouncer_editor;
    CREATE ROLE bouncer_login LOGIN NOINHERIT;
    GRANT bouncer_anon, bouncer_editor TO bouncer_login;
  END IF;
END $$;

CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO bouncer_anon, bouncer_editor;

-- Twenty tables of one shape. Each row says in "which" where it is, and in "reader" who may see it: the anonymous role
-- or a user of the editors in the odd tables, one of the two roles in the even ones. The rows 1 to 32 are read by all
-- clients and counted up by calls; the rows 101 to 116 belong to one client each. Each row has two lines.
DO $$
DECLARE
  readers text[];
  policy text;
BEGIN
  FOR k IN 1..20 LOOP
    readers := CASE WHEN k % 2 = 1 THEN '{anon,ann,bob}' ELSE '{anon,editor,editor}' END;
    policy := CASE WHEN k % 2 = 1 THEN $p$current_setting('request.jwt.claims', true)::json ->> 'sub'$p$ ELSE $p$'editor'$p$ END;
    EXECUTE format($sql$
      CREATE TABLE api.t%1$s (
        id int PRIMARY KEY, which text NOT NULL, reader text NOT NULL, counter int NOT NULL DEFAULT 0,
        calls int NOT NULL DEFAULT 0
      );
      INSERT INTO api.t%1$s SELECT n, 't%1$s', (%2$L::text[])[n %% 3 + 1] FROM generate_series(1, 32) n
        UNION ALL SELECT 100 + n, 't%1$s', (%2$L::text[])[n %% 3 + 1] FROM generate_series(1, 16) n;
      ALTER TABLE api.t%1$s ENABLE ROW LEVEL SECURITY;
      CREATE POLICY anonymous ON api.t%1$s TO bouncer_anon USING (reader = 'anon');
      CREATE POLICY editors ON api.t%1$s TO bouncer_editor USING (reader = %3$s);

      CREATE TABLE api.lines%1$s (id int PRIMARY KEY, which text NOT NULL, t_id int NOT NULL REFERENCES api.t%1$s);
      INSERT INTO api.lines%1$s SELECT 2 * n + m, 'lines%1$s', n FROM generate_series(1, 32) n, generate_series(0, 1) m;

      CREATE FUNCTION api.f%1$s(n int) RETURNS text LANGUAGE sql STABLE AS $f$ SELECT 'f%1$s ' || n $f$;

      CREATE FUNCTION api.bump%1$s("row" int) RETURNS text LANGUAGE plpgsql AS $f$
      DECLARE
        found text;
      BEGIN
        UPDATE api.t%1$s SET calls = calls + 1 WHERE id = "row" RETURNING which INTO found;
        RETURN found;
      END $f$;
      $sql$, k, readers, policy);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA api TO bouncer_anon, bouncer_editor;

-- Its column changes its type in the course of a test.
CREATE TABLE api.codes (code int PRIMARY KEY);
INSERT INTO api.codes VALUES (5);
GRANT SELECT ON api.codes TO bouncer_anon;
