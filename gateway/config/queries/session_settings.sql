-- The values of settings in this transaction, after db-pre-config has run. $1: their names, as text[].
SELECT name, value
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS name
CROSS JOIN LATERAL pg_catalog.current_setting(name, true) AS value
WHERE value IS NOT NULL
