-- Which transactions are seen.
select pg_current_snapshot()::text as position
