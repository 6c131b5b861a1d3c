-- Whether the server is a standby, and how many bytes of the log it has replayed. It is run outside of the transaction of
-- the other queries, with the session's own search path.
select
  pg_catalog.pg_is_in_recovery() as standby,
  case when pg_catalog.pg_is_in_recovery()
    then (pg_catalog.pg_last_wal_replay_lsn() operator(pg_catalog.-) '0/0'::pg_catalog.pg_lsn)::pg_catalog.text
  end as position
