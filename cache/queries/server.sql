-- The server's version, as a number and in full.
select current_setting('server_version_num')::int4 as number, version() as name
