-- Whether the event triggers are there and as watch_ddl.sql installs them: how many of the two there are, the channel
-- on which they notify, NULL if anything about them is not as installed, a text that changes whenever they, their
-- function or its schema are changed, even if that is undone, and whether they are of an older version, which tells
-- every change too, but less of it. It is run without privileges, and under a search path that holds nothing but
-- pg_catalog.
--
-- The hashes are those of the function's source, of this version and of the older one that tells of objects. Who owns
-- the triggers or the function, or becomes their owner, could switch them off: superusers only.
WITH installed AS (
  SELECT t.evtname,
         t.evtenabled = 'A'
           AND t.evttags IS NULL
           AND t.evtevent = CASE t.evtname WHEN 'trunkline_ddl' THEN 'ddl_command_end' ELSE 'sql_drop' END
           AND t.evtowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
           AND p.proowner IN (SELECT oid FROM pg_roles WHERE rolsuper)
           AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
           AND NOT p.prosecdef
           AND source.hash IN (
             'f8c59ac2e69393e8b4f589386068fe9daee4aad1aa7aa60feeed9457fce76885',
             '31092bcdda35180ce840e04bca4838d7acdad701ce242a0ce8bec0fc89896fa0'
           )
           AND p.proconfig[1] = 'search_path=pg_catalog, pg_temp'
           AND starts_with(p.proconfig[2], 'trunkline.channel=')
           AND cardinality(p.proconfig) = 2 AS intact,
         substr(p.proconfig[2], length('trunkline.channel=') + 1) AS channel,
         concat_ws(' ', t.oid, t.xmin, p.oid, p.xmin, n.oid, n.xmin) AS version,
         source.hash <> 'f8c59ac2e69393e8b4f589386068fe9daee4aad1aa7aa60feeed9457fce76885' AS older
  FROM pg_event_trigger AS t
  JOIN pg_proc AS p ON p.oid = t.evtfoid
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  CROSS JOIN LATERAL encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') AS source (hash)
  WHERE t.evtname IN ('trunkline_ddl', 'trunkline_drop')
)
SELECT count(*) AS triggers,
       CASE WHEN count(*) = 2 AND bool_and(intact) AND count(DISTINCT channel) = 1 THEN min(channel) END AS channel,
       coalesce(string_agg(version, ', ' ORDER BY evtname), '') AS version,
       coalesce(bool_or(older), false) AS older
FROM installed
