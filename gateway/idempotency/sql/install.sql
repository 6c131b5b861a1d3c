-- The answers of requests with an Idempotency-Key, and the functions by which the Trunkline gateway uses them. Run as a
-- role that may create schemas, and not as one that the API's requests have; run again to update.
--
-- Requests run as roles of the API, so that all may call the functions. These have the rights of their owner, and use
-- only the keys of the role that calls: the one that SET ROLE has set, which PostgreSQL allows to its members only, or
-- else the one that has logged in. Nobody else has any right on the table.

BEGIN;

SET LOCAL search_path = pg_catalog, pg_temp;

-- Whoever made the schema or the table before could read what is kept, and forge it.
DO $$
DECLARE
  owner text;
BEGIN
  SELECT pg_get_userbyid(nspowner) INTO owner FROM pg_namespace
    WHERE nspname = 'trunkline_idempotency' AND nspowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user);
  IF FOUND THEN
    RAISE EXCEPTION 'the schema trunkline_idempotency belongs to %', owner
      USING HINT = 'Run this as that role if it is to be trusted, or drop the schema.', ERRCODE = '42501';
  END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS trunkline_idempotency;
COMMENT ON SCHEMA trunkline_idempotency IS 'Keys of the Trunkline gateway; not to be exposed.';
REVOKE ALL ON SCHEMA trunkline_idempotency FROM PUBLIC;
GRANT USAGE ON SCHEMA trunkline_idempotency TO PUBLIC;

CREATE TABLE IF NOT EXISTS trunkline_idempotency.answers (
  role text NOT NULL,
  id bytea NOT NULL, -- of the key and the user
  fingerprint bytea NOT NULL, -- of the request
  answer bytea NOT NULL,
  expires timestamptz NOT NULL,
  PRIMARY KEY (role, id)
);
CREATE INDEX IF NOT EXISTS answers_expires ON trunkline_idempotency.answers (expires);
REVOKE ALL ON trunkline_idempotency.answers FROM PUBLIC;

-- The role whose keys are used.
CREATE OR REPLACE FUNCTION trunkline_idempotency.caller() RETURNS text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$
  SELECT CASE WHEN current_setting('role') = 'none' THEN session_user::text ELSE current_setting('role') END
$$;

-- Claims a key until the end of the transaction. The state is
--   0  another transaction has claimed it
--   1  nothing is kept for it
--   2  the answer of another request is kept
--   3  the answer of this request is kept, and returned
CREATE OR REPLACE FUNCTION trunkline_idempotency.claim(key bytea, print bytea, OUT state int, OUT kept bytea)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
DECLARE
  caller text := trunkline_idempotency.caller();
  found_print bytea;
BEGIN
  IF NOT pg_try_advisory_xact_lock(
    ('x' || encode(substring(sha256(convert_to(caller, 'UTF8') || '\x00'::bytea || key) FROM 1 FOR 8), 'hex'))::bit(64)::bigint)
  THEN
    state := 0;
    RETURN;
  END IF;
  SELECT a.fingerprint, a.answer INTO found_print, kept FROM trunkline_idempotency.answers AS a
    WHERE a.role = caller AND a.id = key AND a.expires > clock_timestamp();
  IF NOT FOUND THEN
    state := 1;
  ELSIF found_print <> print THEN
    state := 2;
    kept := NULL;
  ELSE
    state := 3;
  END IF;
END
$$;

-- Keeps the answer of a request for some seconds, and removes some answers that have expired.
CREATE OR REPLACE FUNCTION trunkline_idempotency.keep(key bytea, print bytea, seconds int, answer bytea) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
#variable_conflict use_variable
BEGIN
  INSERT INTO trunkline_idempotency.answers AS a (role, id, fingerprint, answer, expires)
    VALUES (trunkline_idempotency.caller(), key, print, answer, clock_timestamp() + make_interval(secs => seconds))
    ON CONFLICT ON CONSTRAINT answers_pkey DO UPDATE
      SET fingerprint = EXCLUDED.fingerprint, answer = EXCLUDED.answer, expires = EXCLUDED.expires
      WHERE a.expires <= clock_timestamp();
  IF NOT FOUND THEN -- only whoever calls this without a claim comes here
    RAISE EXCEPTION 'an answer is kept for the key' USING ERRCODE = '40001';
  END IF;
  -- At other levels, rows that another transaction removes would be an error.
  IF current_setting('transaction_isolation') = 'read committed' THEN
    DELETE FROM trunkline_idempotency.answers AS a WHERE a.ctid = ANY (ARRAY(
      SELECT o.ctid FROM trunkline_idempotency.answers AS o WHERE o.expires <= clock_timestamp()
        ORDER BY o.expires LIMIT 10 FOR UPDATE SKIP LOCKED));
  END IF;
END
$$;

REVOKE ALL ON FUNCTION trunkline_idempotency.caller(), trunkline_idempotency.claim(bytea, bytea),
  trunkline_idempotency.keep(bytea, bytea, int, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trunkline_idempotency.claim(bytea, bytea),
  trunkline_idempotency.keep(bytea, bytea, int, bytea) TO PUBLIC;

COMMIT;
