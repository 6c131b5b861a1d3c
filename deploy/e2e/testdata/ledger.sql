-- What the traffic needs, in addition to api.sql.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'e2e_member') THEN
    CREATE ROLE e2e_member;
    GRANT e2e_member TO e2e_login;
  END IF;
END $$;
GRANT USAGE ON SCHEMA api TO e2e_member;

-- Each write has a number, which this table has once for each row that was written. It has no key, so that a write that
-- was done twice is there twice.
CREATE TABLE api.written (n bigint NOT NULL, by text NOT NULL DEFAULT current_user);
GRANT SELECT, INSERT ON api.written TO e2e_member;

-- Rows that are changed. Each change is noted in api.written.
CREATE TABLE api.slots (id int PRIMARY KEY, n bigint NOT NULL);
INSERT INTO api.slots SELECT id, 0 FROM generate_series(0, 99) AS id;
GRANT SELECT, INSERT, UPDATE ON api.slots TO e2e_anon, e2e_user, e2e_member;

CREATE FUNCTION public.note_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO api.written VALUES (NEW.n); RETURN NEW; END $$;
CREATE TRIGGER note_change AFTER UPDATE ON api.slots FOR EACH ROW EXECUTE FUNCTION public.note_change();

-- How often functions were run. Sequences do not forget what was rolled back.
CREATE SEQUENCE public.runs;
GRANT USAGE ON SEQUENCE public.runs TO e2e_anon, e2e_user, e2e_member;

CREATE FUNCTION api.record(n bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('public.runs');
  INSERT INTO api.written VALUES (n);
  RETURN n;
END $$;

-- Changes two rows, one after the other, so that calls in both orders can wait for each other.
CREATE FUNCTION api.change_two(one int, two int, n bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('public.runs');
  UPDATE api.slots SET n = change_two.n WHERE id = one;
  PERFORM pg_sleep(0.01);
  UPDATE api.slots SET n = change_two.n WHERE id = two;
  RETURN n;
END $$;

-- Fails if another call changes the row at the same time.
CREATE FUNCTION api.change_serially(n bigint) RETURNS bigint LANGUAGE plpgsql
SET default_transaction_isolation TO 'serializable' AS $$
BEGIN
  PERFORM nextval('public.runs');
  PERFORM count(*) FROM api.slots;
  UPDATE api.slots SET n = change_serially.n WHERE id = 98;
  PERFORM pg_sleep(0.005);
  RETURN n;
END $$;
