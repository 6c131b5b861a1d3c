-- Event triggers that tell Trunkline which schemas a DDL command changed, so that it reloads by itself.
-- Run as a superuser; run again to update. To notify on another channel than pgrst, set it and run this again:
--   ALTER DATABASE mydb SET trunkline.channel = 'other';
--
-- The gateway relies on hearing of every change, whoever makes it and however. So the triggers fire under
-- session_replication_role = replica too, the channel is a setting of their function, which no session can change, and
-- nothing that they do depends on whoever runs DDL: not on the search path, not on types in its pg_temp, not on the
-- privileges or the owner of a schema.

BEGIN;

SET LOCAL search_path = pg_catalog, pg_temp;

DROP EVENT TRIGGER IF EXISTS trunkline_ddl;
DROP EVENT TRIGGER IF EXISTS trunkline_drop;

-- Whoever made the schema before could drop what is in it.
CREATE SCHEMA IF NOT EXISTS trunkline;
ALTER SCHEMA trunkline OWNER TO CURRENT_USER;
COMMENT ON SCHEMA trunkline IS 'Event triggers of the Trunkline gateway; not to be exposed.';

-- A function that is replaced keeps its owner, who could replace it again. The others are those of older versions.
DROP FUNCTION IF EXISTS trunkline.notify_ddl();
DROP FUNCTION IF EXISTS trunkline.on_ddl();
DROP FUNCTION IF EXISTS trunkline.on_drop();
DROP FUNCTION IF EXISTS trunkline.notify_schemas(text[]);

-- After a command that creates or alters, and after one that drops, while the names of what was dropped are still
-- known. Notifies with the list of schemas, or without it where it is not known or does not fit into a payload.
--
-- Grants change nothing that is cached. A schema's own name is its identity, and objects without a schema (casts,
-- types' owners, extensions …) may matter to any. Changes that no API can see, to temporary objects and to the system's
-- own schemas, are left out.
CREATE FUNCTION trunkline.notify_ddl() RETURNS event_trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trunkline.channel = 'pgrst' AS
$$
DECLARE
  touched text[];
  payload text := 'reload schema';
BEGIN
  IF tg_event = 'sql_drop' THEN
    SELECT array_agg(CASE WHEN object_type = 'schema' THEN object_name ELSE schema_name END)
      INTO touched
    FROM pg_event_trigger_dropped_objects()
    WHERE NOT is_temporary;
  ELSE
    SELECT array_agg(CASE WHEN object_type = 'schema' THEN (parse_ident(object_identity))[1] ELSE schema_name END)
      INTO touched
    FROM pg_event_trigger_ddl_commands()
    WHERE command_tag NOT IN ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES');
  END IF;

  SELECT array_agg(DISTINCT s ORDER BY s) INTO touched
  FROM unnest(touched) AS s
  WHERE s IS NULL OR s !~ '^pg_' AND s <> 'information_schema';

  IF touched IS NULL THEN
    RETURN;
  END IF;
  IF array_position(touched, NULL) IS NULL AND octet_length(to_json(touched)::text) < 7000 THEN
    payload := payload || ' ' || to_json(touched)::text;
  END IF;
  PERFORM pg_notify(coalesce(nullif(current_setting('trunkline.channel', true), ''), 'pgrst'), payload);
END
$$;

DO
$$
DECLARE
  channel text := (
    SELECT substr(entry, length('trunkline.channel=') + 1)
    FROM pg_db_role_setting AS s, unnest(s.setconfig) AS entry
    WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND s.setrole = 0
      AND starts_with(entry, 'trunkline.channel=')
  );
BEGIN
  IF channel <> '' THEN
    EXECUTE format('ALTER FUNCTION trunkline.notify_ddl() SET trunkline.channel = %L', channel);
  END IF;
END
$$;

CREATE EVENT TRIGGER trunkline_ddl ON ddl_command_end EXECUTE FUNCTION trunkline.notify_ddl();
ALTER EVENT TRIGGER trunkline_ddl ENABLE ALWAYS;

CREATE EVENT TRIGGER trunkline_drop ON sql_drop EXECUTE FUNCTION trunkline.notify_ddl();
ALTER EVENT TRIGGER trunkline_drop ENABLE ALWAYS;

COMMIT;
