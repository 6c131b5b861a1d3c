-- All functions, procedures and aggregates of the exposed schemas ($1).
select oid from pg_proc where pronamespace = any ($1::regnamespace[])
