-- Event triggers that tell Trunkline which schemas a DDL command changed, so that it reloads by itself.
-- Run as a superuser; run again to update. The setting trunkline.channel chooses another channel than pgrst:
--   ALTER DATABASE mydb SET trunkline.channel = 'other';

BEGIN;

CREATE SCHEMA IF NOT EXISTS trunkline;

-- Whoever runs DDL runs the triggers' functions.
GRANT USAGE ON SCHEMA trunkline TO PUBLIC;

COMMENT ON SCHEMA trunkline IS 'Event triggers of the Trunkline gateway; not to be exposed.';

-- Notifies with the list of schemas, or without it where it is not known or does not fit into a payload.
-- Changes that no API can see, to temporary objects and to the system's own schemas, are left out.
CREATE OR REPLACE FUNCTION trunkline.notify_schemas(schemas text[]) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
DECLARE
  channel text := coalesce(nullif(current_setting('trunkline.channel', true), ''), 'pgrst');
  touched text[];
  payload text := 'reload schema';
BEGIN
  SELECT array_agg(DISTINCT s ORDER BY s) INTO touched
  FROM unnest(schemas) AS s
  WHERE s IS NULL OR s !~ '^pg_' AND s <> 'information_schema';

  IF touched IS NULL THEN
    RETURN;
  END IF;
  IF array_position(touched, NULL) IS NULL THEN
    payload := payload || ' ' || to_json(touched)::text;
  END IF;
  IF octet_length(payload) > 7000 THEN
    payload := 'reload schema';
  END IF;
  PERFORM pg_notify(channel, payload);
END
$$;

-- After a command that creates or alters. Grants change nothing that is cached. A schema's own name is its identity,
-- and objects without a schema (casts, types' owners, extensions …) may matter to any.
CREATE OR REPLACE FUNCTION trunkline.on_ddl() RETURNS event_trigger
  LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
DECLARE
  touched text[];
BEGIN
  SELECT array_agg(CASE WHEN object_type = 'schema' THEN (parse_ident(object_identity))[1] ELSE schema_name END)
    INTO touched
  FROM pg_event_trigger_ddl_commands()
  WHERE command_tag NOT IN ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES');
  PERFORM trunkline.notify_schemas(touched);
END
$$;

-- After a command that drops, while the names of what was dropped are still known.
CREATE OR REPLACE FUNCTION trunkline.on_drop() RETURNS event_trigger
  LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
DECLARE
  touched text[];
BEGIN
  SELECT array_agg(CASE WHEN object_type = 'schema' THEN object_name ELSE schema_name END)
    INTO touched
  FROM pg_event_trigger_dropped_objects()
  WHERE NOT is_temporary;
  PERFORM trunkline.notify_schemas(touched);
END
$$;

DROP EVENT TRIGGER IF EXISTS trunkline_ddl;
CREATE EVENT TRIGGER trunkline_ddl ON ddl_command_end EXECUTE FUNCTION trunkline.on_ddl();

DROP EVENT TRIGGER IF EXISTS trunkline_drop;
CREATE EVENT TRIGGER trunkline_drop ON sql_drop EXECUTE FUNCTION trunkline.on_drop();

COMMIT;
