-- The functions, procedures and aggregates of the exposed schemas ($1), but only those of $2 if that is not null.
select oid from pg_proc where pronamespace = any ($1::regnamespace[]) and ($2::oid[] is null or oid = any ($2::oid[]))
