-- For each module that may define settings with one of some prefixes (what stands before the dot), a function of it
-- that the role that is logged in may call. $1: the prefixes in lower case, as text[].
SELECT DISTINCT ON (p.probin) p.oid
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang AND l.lanname OPERATOR(pg_catalog.=) 'c'
JOIN pg_catalog.unnest($1::pg_catalog.text[]) AS prefix
  ON pg_catalog.starts_with(pg_catalog.lower(pg_catalog.regexp_replace(p.probin, '^.*/', '')), prefix)
WHERE pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
ORDER BY p.probin
