-- What rows there are that can be deleted without another row being written that tells: of which relations, functions and
-- types, each oid once for each row, which schemas, and how many of what rarely changes. Since is the oldest transaction that
-- still runs, age how many have begun since the one of $1 has, at most a billion; server tells a server, and a start of
-- it, from others.
select
  pg_snapshot_xmin(pg_current_snapshot())::text as since,
  case
    when pg_snapshot_xmax(pg_current_snapshot())::text::numeric - $1::text::numeric not between 0 and 1000000000 then 2147483647
    else age($1::text::xid8::xid)
  end as age,
  array(
    select conrelid from pg_constraint where contype = 'f' and conrelid >= 16384
    union all select indrelid from pg_index where indrelid >= 16384
    union all select inhrelid from pg_inherits
    union all select inhparent from pg_inherits
    union all select ev_class from pg_rewrite where rulename <> '_RETURN' and ev_class >= 16384
    union all select polrelid from pg_policy
    union all select stxrelid from pg_statistic_ext
    union all select tgrelid from pg_trigger where not tgisinternal
    union all select objoid from pg_description where classoid = 'pg_class'::regclass and objoid >= 16384
  ) as relations,
  array(
    select objoid from pg_description where classoid = 'pg_proc'::regclass and objoid >= 16384
  ) as functions,
  array(
    select contypid from pg_constraint where contypid >= 16384
    union all select objoid from pg_description where classoid = 'pg_type'::regclass and objoid >= 16384
  ) as types,
  array(select oid from pg_namespace where nspname !~ '^pg_(temp|toast)') as schemas,
  concat_ws(' ',
    (select count(*) from pg_cast),
    (select count(*) from pg_operator),
    (select count(*) from pg_opclass),
    (select count(*) from pg_amproc),
    (select count(*) from pg_amop),
    (select count(*) from pg_extension),
    (select count(*) from pg_language),
    (select count(*) from pg_ts_template),
    (select count(*) from pg_ts_parser),
    (select count(*) from pg_conversion)
  ) as rest,
  (select count(*) from pg_auth_members)::text as members,
  concat_ws(' ', extract(epoch from pg_postmaster_start_time()), (select oid from pg_database where datname = current_database())) as server
