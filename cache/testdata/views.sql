-- Views, and where their columns come from.
create schema sky;
create schema attic;
create schema middle;
create schema unknown;

create table attic.person (id integer primary key, name text, mentor integer references attic.person);
create table attic.star (
  "z key" integer, a integer, finder integer constraint found references attic.person, "we)ird{ \x:resno" integer,
  constraint star_key primary key ("z key", a),
  constraint odd foreign key ("we)ird{ \x:resno") references attic.person
);
create table attic.spot (
  id integer primary key, s1 integer, s2 integer, constraint on_star foreign key (s1, s2) references attic.star
);
create table attic.seen (
  person integer constraint who references attic.person, spot integer constraint what references attic.spot,
  primary key (person, spot)
);
create table sky.note (id integer primary key, person integer constraint noted references attic.person);

create view sky.person as select id as person_id, name, mentor from attic.person;
create view sky.star as select a as star_a, "z key" as star_z, finder, "we)ird{ \x:resno" as ":weird {)(\""" from attic.star;
create view sky.half_star as select a, finder + 0 as finder from attic.star;
create view sky.spot as
  with chosen as (select * from attic.spot)
  select c.id, c.s1, c.s2, c.s1 as s1_again, st.a as a, st."z key" as z,
    (select count(*) from attic.seen where spot = c.id) as times
  from chosen c left join (select * from attic.star) st on st.a = c.s2 and st."z key" = c.s1
  order by c.s2 + 1;
create view sky.seen as select person as p, spot as s from attic.seen;
create view sky.pairs as select x.id as one, y.id as two, x.mentor from attic.person x, attic.person y;

-- Nested: two levels, a materialized view, through a schema on and one off the search path.
create view sky.finder as select finder as f2, star_a from sky.star;
create materialized view sky.finders as select f2 as f3 from sky.finder;
create view middle.seen as select person, spot as sp from attic.seen;
create view sky.through_middle as select person as who, sp from middle.seen;
create view unknown.seen as select person, spot from attic.seen;
create view sky.through_unknown as select person, spot from unknown.seen;

-- What is computed comes from nowhere.
create view sky.computed as
  select id + 0 as id, finder from attic.person, attic.star where false
  union all select id, mentor from attic.person;
create view sky.cast as select id::bigint as id, coalesce(mentor, 0) as mentor from attic.person;
create view sky.grouped as select finder, max(a) as a from attic.star group by finder;
-- Other rules than the view's own say nothing of its columns.
create rule ins as on insert to sky.grouped do instead
  insert into attic.seen (person, spot) values (new.finder, new.a) returning person, spot;
