-- Removes what install.sql has created, with all answers that are kept.

BEGIN;

DROP FUNCTION IF EXISTS trunkline_idempotency.keep(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.int4, pg_catalog.bytea);
DROP FUNCTION IF EXISTS trunkline_idempotency.claim(pg_catalog.bytea, pg_catalog.bytea);
DROP FUNCTION IF EXISTS trunkline_idempotency.caller();
DROP TABLE IF EXISTS trunkline_idempotency.answers;
DROP SCHEMA IF EXISTS trunkline_idempotency;

COMMIT;
