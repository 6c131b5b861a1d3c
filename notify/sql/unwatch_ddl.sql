-- Removes the event triggers of watch_ddl.sql. Run as a superuser.

BEGIN;

DROP EVENT TRIGGER IF EXISTS trunkline_ddl;
DROP EVENT TRIGGER IF EXISTS trunkline_drop;
DROP FUNCTION IF EXISTS trunkline.notify_ddl();
DROP FUNCTION IF EXISTS trunkline.on_ddl();
DROP FUNCTION IF EXISTS trunkline.on_drop();
DROP FUNCTION IF EXISTS trunkline.notify_schemas(pg_catalog.text[]);
DROP SCHEMA IF EXISTS trunkline;

COMMIT;
