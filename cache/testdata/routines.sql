-- Functions of every shape.
create schema sky;
create schema attic;
create type sky.color as enum ('red', 'blue');
create type attic.point as (x integer, y integer);
create domain attic.spot as attic.point;
create domain attic.dot as attic.spot;
create domain attic.score as integer;
create table sky.star (id integer, name text);

create function sky.none() returns void language sql as '';
create function sky.one(a integer) returns integer language sql stable as 'select a';
create function sky.one(a integer, b text default 'x') returns integer language sql immutable as 'select a';
create function sky.one() returns attic.score language sql as 'select 1';
comment on function sky.one(integer) is 'Gives back';

create function sky.types(
  c char, c2 character(3), cs char[], b bit, bs bit(3)[], v varchar, n numeric(4, 1), col sky.color, st sky.star, q "char"
) returns text language sql as 'select ''''';

create function sky.outs(out x integer, in a text, inout b integer, out y text) language sql as 'select 1, b, a';
create function sky.single_out(out x integer) language sql as 'select 1';
create function sky.tab(a integer) returns table (id integer, name text) language sql as 'select 1, a::text';
create function sky.var(a integer, variadic rest text[] default '{}') returns text language sql as 'select ''''';
create function sky.var_out(out n integer, variadic integer[]) language sql as 'select 1';

create function sky.star() returns sky.star language sql as 'select 1, ''''';
create function sky.stars() returns setof sky.star language sql as 'select 1, ''''';
create function sky.spots() returns setof attic.spot language sql as 'select (1, 2)::attic.point::attic.spot';
create function sky.dot() returns attic.dot language sql as 'select (1, 2)::attic.point::attic.spot';
create function sky.records() returns setof record language sql as 'select 1, 2';
create function sky.ints() returns setof integer language sql as 'select 1';
create function sky.array_of() returns integer[] language sql as 'select ''{}''::integer[]';

create function sky.body(json) returns json language sql as 'select $1';
create function sky.body(jsonb) returns json language sql as 'select ''1''::json';
create function sky.body(text) returns text language sql as 'select $1';
create function sky.body(xml) returns xml language sql as 'select $1';
create function sky.body(bytea) returns bytea language sql as 'select $1';
create function sky.unnamed(integer) returns integer language sql as 'select $1';
create function sky.unnamed(text, text) returns text language sql as 'select $1';
create function sky.half_named(a integer, text default '') returns text language sql as 'select $2';

create function sky.set() returns void language sql
  set statement_timeout to '5s' set work_mem to '8MB' set search_path to sky, "a=b"
  set default_transaction_isolation to 'REPEATABLE READ' as '';
create function sky.loose() returns void language sql set default_transaction_isolation to 'read uncommitted' as '';

create function sky.trigger() returns trigger language plpgsql as 'begin return null; end';
create procedure sky.proc() language sql as '';
create aggregate sky.agg(integer) (sfunc = int4pl, stype = integer);
create function sky.win() returns bigint language internal window as 'window_row_number';
create function attic.hidden() returns void language sql as '';
create function sky."We""ird \ f({"("sp ace" integer, "Ü""" text) returns void language sql as '';
