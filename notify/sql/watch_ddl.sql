-- Event triggers that tell Trunkline which objects a DDL command changed, so that it reloads what that touches by
-- itself. Run as a superuser; run again to update. To notify on another channel than pgrst, set it and run this again:
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
-- known. Notifies with the command and the objects that it touched, or without them where they are not known. Equal
-- notifications of a transaction are one. The payload is
--
--   reload schema ["", "ALTER TABLE", "+1259 16385 api", ...]
--
-- where "" tells it from the list of schemas that older versions send. An object is + or, if it was dropped, -, with
-- the oid of its catalog, its own oid, and its schema, that is its own name for a schema. What belongs to a relation
-- (policies, triggers, rules, constraints, defaults, statistics, indexes) counts as the relation. With a relation, its
-- parents and children are touched, and those that its foreign keys reference.
--
-- A transaction sends at most 32 such payloads, 32 that tell catalogs and schemas only, and one that tells nothing. The
-- second kind, which also stands for a command whose objects do not fit into a payload, has
--
--   "*1259 api", "*1247"
--
-- for any relations of the schema api, and for any types. An object of which not only the new schema counts, because
-- the command may have moved it, is told without a schema. What was sent is remembered in a setting of the transaction,
-- and forgotten with a savepoint as the notifications are. Whoever changes that setting changes how much is told with
-- an object, but not that it is told.
--
-- PostgreSQL does not tell on what privileges were granted, nor which ones DROP OWNED revoked: then the object
-- has no oid (0). Privileges on other objects than relations and functions change nothing that is cached, and neither
-- does new content of materialized views. Changes that no API can see, to temporary objects, are left out. An extension
-- counts as one object.
CREATE FUNCTION trunkline.notify_ddl() RETURNS event_trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trunkline.channel = 'pgrst' AS
$$
DECLARE
  o record;
  relation oid;
  relations oid[] := array[]::oid[]; -- whose schemas are still to be found
  touched text[] := array[]::text[];
  tag text := tg_tag;
  told text;
  payload text;
BEGIN
  IF tg_event = 'sql_drop' THEN
    FOR o IN SELECT * FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary LOOP
      IF o.object_type IN ('policy', 'trigger', 'rule', 'table constraint', 'default value')
        AND cardinality(o.address_names) > 1 AND array_position(o.address_names, NULL) IS NULL
      THEN
        relations := relations || to_regclass(format('%I.%I', o.address_names[1], o.address_names[2]))::oid;
      ELSIF o.object_type = 'table column' THEN
        relations := relations || o.objid;
      ELSIF (o.original OR o.normal
          OR o.object_type IN ('table', 'foreign table', 'view', 'materialized view', 'sequence'))
        AND coalesce(o.schema_name, '') !~ '^pg_(temp|toast)'
      THEN -- The others went with what they belong to.
        touched := touched || concat_ws(' ', '-' || o.classid, o.objid,
          CASE o.object_type WHEN 'schema' THEN o.object_name ELSE o.schema_name END);
      END IF;
    END LOOP;
  ELSIF tag = 'DROP OWNED' THEN
    touched := array['+' || 'pg_class'::regclass::oid || ' 0', '+' || 'pg_proc'::regclass::oid || ' 0'];
  ELSE
    FOR o IN
      SELECT *
      FROM pg_event_trigger_ddl_commands()
      WHERE command_tag NOT IN ('ALTER DEFAULT PRIVILEGES', 'REFRESH MATERIALIZED VIEW')
        AND NOT in_extension
        AND coalesce(schema_name, '') !~ '^pg_(temp|toast)'
    LOOP
      IF o.command_tag IN ('GRANT', 'REVOKE') THEN
        touched := touched || CASE
          WHEN o.object_type = 'TABLE' THEN concat_ws(' ', '+' || 'pg_class'::regclass::oid, 0)
          WHEN o.object_type IN ('FUNCTION', 'PROCEDURE', 'ROUTINE') THEN concat_ws(' ', '+' || 'pg_proc'::regclass::oid, 0)
        END;
        CONTINUE;
      END IF;
      IF o.object_type IN
        ('index', 'policy', 'trigger', 'rule', 'table constraint', 'default value', 'statistics object')
      THEN
        relations := relations || CASE o.classid
          WHEN 'pg_class'::regclass THEN (SELECT indrelid FROM pg_index WHERE indexrelid = o.objid)
          WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = o.objid)
          WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = o.objid)
          WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = o.objid)
          WHEN 'pg_constraint'::regclass THEN (SELECT conrelid FROM pg_constraint WHERE oid = o.objid)
          WHEN 'pg_attrdef'::regclass THEN (SELECT adrelid FROM pg_attrdef WHERE oid = o.objid)
          WHEN 'pg_statistic_ext'::regclass THEN (SELECT stxrelid FROM pg_statistic_ext WHERE oid = o.objid)
        END;
        CONTINUE;
      END IF;
      touched := touched || concat_ws(' ', '+' || o.classid, o.objid,
        CASE o.object_type WHEN 'schema' THEN (parse_ident(o.object_identity))[1] ELSE o.schema_name END);
      IF o.classid = 'pg_class'::regclass AND o.object_type <> 'sequence' THEN
        FOR relation IN
          SELECT confrelid FROM pg_constraint WHERE conrelid = o.objid AND contype = 'f'
          UNION ALL SELECT inhparent FROM pg_inherits WHERE inhrelid = o.objid
          UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = o.objid
        LOOP
          relations := relations || relation;
        END LOOP;
      END IF;
    END LOOP;
  END IF;

  FOREACH relation IN ARRAY relations LOOP
    touched := touched || (
      SELECT concat_ws(' ', '+' || 'pg_class'::regclass::oid, c.oid, n.nspname)
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.oid = relation AND n.nspname !~ '^pg_(temp|toast)'
    );
  END LOOP;

  touched := array_remove(touched, NULL);
  IF touched = array[]::text[] THEN
    RETURN;
  ELSIF cardinality(touched) > 1 THEN
    touched := array(SELECT DISTINCT t FROM unnest(touched) AS t ORDER BY t);
  END IF;
  -- Nine characters for each payload that was sent.
  told := coalesce(current_setting('trunkline.told', true), '');
  payload := to_json(array['', tag] || touched)::text;
  IF octet_length(payload) >= 7000 OR length(told) >= 32 * 9 AND strpos(told, to_hex(hashtext(payload))) = 0 THEN
    payload := to_json(array['', CASE WHEN length(told) < 32 * 9 THEN tag ELSE 'several commands' END] || array(
      SELECT DISTINCT CASE WHEN split_part(t, ' ', 2) = '0' THEN t ELSE concat('*', substr(split_part(t, ' ', 1), 2),
        CASE WHEN NOT starts_with(tag, 'ALTER ') THEN substring(t from ' \d+( .*)$') END) END AS word
      FROM unnest(touched) AS t
      ORDER BY word
    ))::text;
    IF octet_length(payload) >= 7000 OR length(told) >= 64 * 9 AND strpos(told, to_hex(hashtext(payload))) = 0 THEN
      payload := '';
    END IF;
  END IF;
  PERFORM
    set_config('trunkline.told', concat(told, rpad(to_hex(hashtext(payload)), 9)), true)
    WHERE strpos(told, to_hex(hashtext(payload))) = 0;
  PERFORM pg_notify(
    coalesce(nullif(current_setting('trunkline.channel', true), ''), 'pgrst'), rtrim('reload schema ' || payload)
  );
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
