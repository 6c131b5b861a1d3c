-- Which of the restricted settings the role that is logged in may set. It needs PostgreSQL 15. $1: names, as text[].
SELECT name
FROM pg_catalog.unnest($1::text[]) AS name
WHERE pg_catalog.has_parameter_privilege(name, 'SET')
