-- What the jobs of the model work on. Each job has rows of its own, those of its slot, so that the answers of jobs
-- that run at the same time do not depend on their order.

do $$
begin
  if not exists (select from pg_roles where rolname = 'model_authenticator') then
    create role model_anon;
    create role model_editor;
    create role model_authenticator login noinherit password 'model';
    grant model_anon, model_editor to model_authenticator;
    if current_setting('server_version_num')::int >= 150000 then
      grant set on parameter log_min_messages to model_authenticator;
    end if;
  end if;
end $$;

create schema api;
create schema hidden;
grant usage on schema api to model_anon, model_editor;
grant usage on schema hidden to public;

create table api.item (
  id int primary key, slot int not null, name text not null, n int not null default 0 constraint item_n check (n >= 0)
);
insert into api.item
  select slot * 100 + k, slot, 'item ' || slot || '-' || k || ' é', k from generate_series(0, 15) slot, generate_series(1, 4) k;

create table api.line (
  id int primary key, slot int not null, item int not null references api.item deferrable initially deferred
);

create table api.own (id int primary key, slot int not null, owner text not null, secret text not null);
insert into api.own select slot * 100 + k, slot, 'u' || slot, 'of u' || slot from generate_series(0, 15) slot, generate_series(1, 2) k;
insert into api.own select slot * 100 + 50, slot, 'nobody', 'of nobody' from generate_series(0, 15) slot;
alter table api.own enable row level security;
create policy own on api.own
  using (owner = (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub'));

create table api.confidential (id int primary key, slot int not null, text text not null);
insert into api.confidential select slot * 100, slot, 'classified' from generate_series(0, 15) slot;

create table api.fixed (id int primary key, name text not null, n int not null);
insert into api.fixed values (1, 'fixed', 5);

create table api.shape (id int primary key, slot int not null, v int not null, label text not null);
insert into api.shape
  select slot * 100 + k, slot, k * 10, 'label ' || k from generate_series(0, 15) slot, generate_series(1, 2) k;

-- What functions do that have not only their own statements in mind. An action is a word and its arguments, with ~
-- between them.
create table hidden.seen (name text primary key, statement text not null, types text[] not null);
create table hidden.form (main text not null);
grant all on hidden.seen, hidden.form to public;

-- The statement that an attacker prepares in the place of another: one that answers as a main statement does, or does
-- nothing.
create function hidden.forge(name text, statement text, types text[]) returns void language plpgsql as $$
declare
  list text := case when cardinality(types) > 0 then '(' || array_to_string(types, ', ') || ')' else '' end;
  evil text := 'select 1';
begin
  if statement like '%/* main */%' then
    select main into evil from hidden.form;
  end if;
  if exists (select from pg_catalog.pg_prepared_statements p where p.name = forge.name) then
    execute format('deallocate %I', name);
  end if;
  execute format('prepare %I %s as %s', name, list, evil);
end $$;

create function hidden.replace() returns void language plpgsql as $$
declare
  p record;
begin
  for p in select name, statement, parameter_types::text[] as types from pg_catalog.pg_prepared_statements
           where not from_sql and name <> '' loop
    perform hidden.forge(p.name, p.statement, p.types);
  end loop;
end $$;

create function hidden.plant() returns void language plpgsql as $$
declare
  p record;
begin
  for p in select s.name, s.statement, s.types from hidden.seen s
           where not exists (select from pg_catalog.pg_prepared_statements p where p.name = s.name) loop
    perform hidden.forge(p.name, p.statement, p.types);
  end loop;
end $$;

create function api.act(action text) returns text language plpgsql as $$
declare
  word text[] := string_to_array(action, '~');
begin
  case word[1]
    when 'set' then perform set_config(word[2], word[3], false);
    when 'local' then perform set_config(word[2], word[3], true);
    when 'deallocate' then execute 'deallocate all';
    when 'replace' then perform hidden.replace();
    when 'plant' then perform hidden.plant();
    when 'record' then
      insert into hidden.seen
        select name, statement, parameter_types::text[] from pg_catalog.pg_prepared_statements where not from_sql
        on conflict do nothing;
    when 'prepare' then
      if not exists (select from pg_catalog.pg_prepared_statements where name = 'own') then
        execute 'prepare own as select 1';
      end if;
      execute 'execute own';
    when 'temp' then
      if to_regclass('pg_temp.item') is null then
        execute 'create temporary table item (id int, slot int, name text, n int)';
        execute 'insert into pg_temp.item select i, i / 100, ''EVIL'', 666 from generate_series(1, 1600) i';
        execute 'grant all on pg_temp.item to public';
      end if;
    when 'cursor' then
      if not exists (select from pg_catalog.pg_cursors where name = 'left') then
        execute 'declare "left" cursor with hold for select 1';
      end if;
    when 'lock' then perform pg_advisory_lock(word[2]::bigint);
    when 'listen' then execute 'listen model';
    when 'notify' then perform pg_notify('model', 'news');
    when 'notice' then
      for i in 1 .. 40 loop
        raise notice '%', repeat('x', 300);
      end loop;
    when 'sleep' then perform pg_sleep(word[2]::float);
    when 'write' then
      insert into api.item values (word[2]::int, word[3]::int, 'by a function', 1) on conflict (id) do update set n = item.n + 1;
    else null;
  end case;
  if word[array_upper(word, 1)] = '!' then
    raise exception 'raised after %', word[1] using errcode = 'PT418', hint = 'none';
  end if;
  return word[1];
end $$;

create function api.asked() returns text language sql as $$ select api.act(current_setting('model.action', true)) $$;

-- The same without dynamic SQL.
create function api.set(name text, value text) returns text language sql as $$ select set_config(name, value, false) $$;
create function api.set_local(name text, value text) returns text language sql as $$ select set_config(name, value, true) $$;
create function api.lock(key bigint) returns int language sql as $$ select 1 from pg_advisory_lock(key) $$;

-- The ways in which a request comes to such a function without calling it.
create view api.spy as select i.*, api.asked() as asked from api.item i;
create function api.asked(api.item) returns text language sql as $$ select api.asked() $$;

create table api.guarded (id int primary key, slot int not null, name text not null);
insert into api.guarded select slot * 100, slot, 'guarded' from generate_series(0, 15) slot;
alter table api.guarded enable row level security;
create policy guarded on api.guarded using (api.asked() is not null);

create table api.triggered (id int primary key, slot int not null, n int not null);
create function api.fire() returns trigger language plpgsql as $$
begin
  perform api.asked();
  return new;
end $$;
create trigger fire before insert or update on api.triggered for each row execute function api.fire();

-- The same at the end of the transaction. What is in force then is written down.
create table api.late (id int primary key, slot int not null, n int not null, seen text);
create function api.fire_late() returns trigger language plpgsql as $$
begin
  update api.late set seen = concat_ws(' ', current_user, current_setting('role'),
    nullif(current_setting('request.jwt.claims', true), ''), current_setting('search_path'), current_setting('timezone'))
    where id = new.id;
  perform api.asked();
  return null;
end $$;
create constraint trigger fire_late after insert or update of n on api.late deferrable initially deferred
  for each row execute function api.fire_late();

-- Pre-requests.
create function api.pre_harmless() returns void language sql as $$ select $$;
create function api.pre_fails() returns void language plpgsql as $$
begin
  raise exception 'refused before' using errcode = 'PT402', detail = 'by the pre-request';
end $$;
create function api.pre_headers() returns void language sql as $$
  select set_config('response.headers', '[{"X-Pre": "1"}]', true), set_config('response.status', '209', true)
$$;
create function api.pre_session() returns void language sql as $$
  select set_config('response.headers', '[{"X-Left": "pre"}]', false), set_config('model.left', 'by pre', false)
$$;
create function api.pre_reads() returns void language plpgsql as $$
begin
  if nullif(current_setting('request.jwt.claims', true), '') is null then
    raise exception 'no claims' using errcode = 'PT403';
  end if;
end $$;
create function api.pre_editors() returns text language sql stable as $$ select 'for editors only' $$;
create function api.pre_acts() returns void language sql as $$ select api.asked() $$;

-- What editors may call, and nobody else, in every way in which PostgreSQL may compute it while it plans.
create function api.classified() returns text language sql stable as $$ select 'classified' $$;
create function api.classified_of(n int) returns text language sql stable as $$ select 'classified ' || n $$;
create function api.classified_fixed() returns text language sql immutable as $$ select 'classified'::text $$;
create function api.classified_folded(n int) returns text language plpgsql immutable as $$ begin return 'classified ' || n; end $$;
create function api.classified_rows() returns setof text language sql stable as $$ select 'classified' $$;
create function api.classified_column(api.fixed) returns text language sql stable as $$ select 'classified ' || $1.name $$;

-- What DDL changes between jobs.
create function api.kind(api.shape) returns int language sql stable as $$ select $1.id % 7 $$;
create function api.pair(k int, out a int, out b int) language sql stable as $$ select k, k + 1 $$;
create type api.point as (x int, y int);
create function api.point(k int) returns api.point language sql stable as $$ select row(k, k)::api.point $$;
create function api.greeting() returns text language sql immutable as $$ select 'hello'::text $$;

grant select, insert, update, delete on api.item, api.line, api.own, api.fixed, api.shape, api.spy, api.guarded, api.triggered, api.late
  to model_anon, model_editor;
grant select on api.confidential to model_editor;
revoke execute on function api.classified(), api.classified_of(int), api.classified_fixed(), api.classified_folded(int),
  api.classified_rows(), api.classified_column(api.fixed), api.pre_editors() from public;
grant execute on function api.classified(), api.classified_of(int), api.classified_fixed(), api.classified_folded(int),
  api.classified_rows(), api.classified_column(api.fixed), api.pre_editors() to model_editor;
