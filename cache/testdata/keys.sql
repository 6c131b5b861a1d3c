-- Foreign keys of every shape.
create schema sky;
create schema attic;

create table sky.site (country text, code text, boss integer, primary key (country, code), unique (boss));
create table sky.person (
  id integer primary key,
  mentor integer constraint mentored references sky.person,
  country text, code text,
  constraint works foreign key (code, country) references sky.site (code, country)
);
alter table sky.site add constraint headed foreign key (boss) references sky.person;

-- One to one: the key is the primary key, a unique one, a unique one in another order; not: a part of one.
create table sky.badge (person integer primary key references sky.person);
create table sky.desk (
  id integer primary key, country text, code text,
  unique (code, country), unique (id, country),
  constraint at foreign key (country, code) references sky.site
);
create table sky.chair (
  id integer, desk integer constraint before references sky.desk, primary key (id, desk)
);

-- A partitioned table on either side, and a partition with a key of its own.
create table sky.night (
  year integer, id integer, observer integer constraint observed references sky.person, primary key (year, id)
) partition by list (year);
create table sky.night_2020 partition of sky.night for values in (2020);
create table sky.shot (
  year integer, night integer, nr integer, primary key (year, night, nr),
  constraint taken foreign key (year, night) references sky.night
);
create table sky.night_2021 partition of sky.night for values in (2021);
alter table sky.night_2021 add constraint own foreign key (year, id) references sky.night_2020;

-- Junctions: one exposed, one hidden, one that is a partitioned table.
create table sky.talk (id integer primary key);
create table sky.speaker (
  talk integer references sky.talk, person integer references sky.person, role text, primary key (talk, person, role)
);
create table attic.listener (
  talk integer references sky.talk, badge integer references sky.badge, primary key (badge, talk)
);
create table sky.grant_to (
  talk integer references sky.talk, night_year integer, night_id integer,
  primary key (talk, night_year, night_id), foreign key (night_year, night_id) references sky.night
) partition by hash (talk);
create table sky.grant_0 partition of sky.grant_to for values with (modulus 1, remainder 0);

-- To what is not exposed.
create table attic.vault (id integer primary key);
create table sky.key (vault integer references attic.vault);
