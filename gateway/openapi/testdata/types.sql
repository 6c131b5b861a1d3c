-- Relations with a column of each kind of type, and a role that may use some of them.
do $$ begin
  if not exists (select from pg_roles where rolname = 'openapi_reader') then create role openapi_reader; end if;
end $$;

create schema depot;
grant usage on schema depot to openapi_reader;
create schema extension;
create extension citext schema extension;
create extension hstore schema extension;

create type depot.colour as enum ('red', 'it''s blue');
create type depot.size as (width int, height numeric);
create domain depot.weight as numeric check (value >= 0);
create domain depot.short as varchar(7);

create table depot.kinds (
  id int generated always as identity primary key,
  bool bool, int2 int2, int4 int4, int8 int8, numeric numeric(8, 3), float4 float4, float8 float8, money money,
  text text not null default 'it''s', varchar varchar(5), char char(3), name name, bytea bytea, citext extension.citext,
  bits bit(4), varbits bit varying(6),
  date date default '2024-02-29', timestamp timestamp, timestamptz timestamptz default now(), time time, timetz timetz,
  "interval" interval, uuid uuid, inet inet, cidr cidr, macaddr macaddr, xml xml, oid oid, regclass regclass,
  json json, jsonb jsonb default '{"a": 1}', hstore extension.hstore, point point, range int4range,
  multirange int4multirange, search tsvector, colour depot.colour default 'red', size depot.size,
  weight depot.weight, short depot.short,
  texts text[] default '{}', ints int[], colours depot.colour[], sizes depot.size[], jsons jsonb[],
  doubled int not null generated always as (coalesce(int4, 0) * 2) stored
);
insert into depot.kinds (text) values ('only what is required');
insert into depot.kinds values (
  default, true, -1, 2, 9007199254740991, 1.5, 1.25, -2e300, 3,
  'text', 'abc', 'a', 'name', '\x00ff', 'CI', '1010', '10',
  '0099-12-31', '2024-02-29 12:00:00.123456', '2024-02-29 12:00:00+02', '23:59:59', '23:59:59+02',
  '1 day', '6f1c0c9e-4b7a-4c55-8f0f-0a4f1d8a2b11', '::1', '10.0.0.0/8', '08:00:2b:01:02:03', '<a/>', 1, 'pg_class',
  '[1]', '"text"', 'a=>1', '(1,2)', '[1,2)',
  '{[1,2)}', 'a:1', 'it''s blue', '(1,2.5)',
  1.5, 'short',
  '{a,NULL}', '{1,NULL}', '{red,NULL}', array[row(1, 2)::depot.size, null], array['1', null]::jsonb[],
  default
);
grant select on depot.kinds to openapi_reader;
grant insert, update (text, doubled, id) on depot.kinds to openapi_reader;

create table depot.parts (id uuid primary key default gen_random_uuid(), kind_id int not null references depot.kinds, code text not null, secret text);
insert into depot.parts (kind_id, code) values (1, 'a');
grant select (id, code), insert (kind_id, code), delete on depot.parts to openapi_reader;

create view depot.shown as select p.id, p.kind_id, k.colour, k.texts from depot.parts p join depot.kinds k on k.id = p.kind_id;
grant select on depot.shown to openapi_reader;
