-- What is true of the database as a whole: the channel on which the event triggers of deploy/sql/watch_ddl.sql announce
-- each change, if they are there and enabled, and whether a function outside of extensions may run SQL that is made at
-- run time. PREPARE and DEALLOCATE, the danger in that, are refused in functions that are not volatile, and need no
-- text that says so only in languages other than PostgreSQL's own.
select
  case
    when count(*) filter (where t.evtname in ('trunkline_ddl', 'trunkline_drop') and t.evtenabled in ('O', 'A')) = 2
    then coalesce(nullif(current_setting('trunkline.channel', true), ''), 'pgrst')
  end as watched_on,
  exists (
    select
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    where p.oid >= 16384
      and p.provolatile = 'v'
      and l.lanname not in ('internal', 'c')
      and (l.lanname not in ('sql', 'plpgsql') or p.prosrc ~* '\m(execute|prepare|deallocate|discard)\M')
      and not exists (
        select from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
  ) as dynamic_sql
from pg_event_trigger t
