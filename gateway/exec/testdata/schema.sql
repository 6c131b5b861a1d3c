-- What the tests of package exec run on: an authenticator, two roles, a table of items, and functions that leave
-- things behind.

do $$
begin
  if not exists (select from pg_roles where rolname = 'exec_anonymous') then
    create role exec_anonymous;
    create role exec_member;
    create role exec_authenticator login noinherit password 'tr''icky pass';
    grant exec_anonymous, exec_member to exec_authenticator;
  end if;
end $$;

create table item (id int primary key, name text not null, parent int references item deferrable initially deferred);
insert into item select i, 'item ' || i from generate_series(1, 100) i;
grant all on item to exec_anonymous, exec_member;

create table counted (n int not null);
grant all on counted to exec_anonymous, exec_member;

create function leave_settings() returns void language sql as $$
  select set_config('response.headers', '[{"X-Leak":"1"}]', false), set_config('response.status', '418', false),
         set_config('request.jwt.claims', '{"role":"leak"}', false), set_config('search_path', 'pg_catalog', false),
         set_config('statement_timeout', '1234567', false), set_config('timezone', 'Asia/Tokyo', false),
         set_config('default_transaction_read_only', 'on', false), set_config('app.leak', 'leaked', false),
         set_config('role', 'exec_member', false)
$$;

create function leave_things() returns void language plpgsql as $$
begin
  perform pg_advisory_lock(4711);
  execute 'listen leak';
  execute 'declare leak cursor with hold for select 1';
end $$;

create function leave_table() returns void language plpgsql as $$
begin
  execute 'create temporary table leak (a int)';
end $$;

create function leave_nothing_prepared() returns void language plpgsql as $$
begin
  execute 'deallocate all';
end $$;

create function become_someone_else() returns void language sql as $$
  select set_config('session_authorization', 'exec_member', false)
$$;

create function lock_and_fail() returns void language plpgsql as $$
begin
  perform pg_advisory_lock(4711);
  raise exception 'failed with a lock' using detail = '', errcode = 'PT418';
end $$;

create function chatter(n int) returns void language plpgsql as $$
begin
  for i in 1 .. n loop
    raise notice '%', repeat('x', 1000);
  end loop;
end $$;

create function run_sql(sql text) returns void language plpgsql as $$
begin
  execute sql;
end $$;
