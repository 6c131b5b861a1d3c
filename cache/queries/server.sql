-- The server's version, as a number and in full, and the process that answers.
select current_setting('server_version_num')::int4 as number, version() as name, pg_backend_pid()::oid as process
