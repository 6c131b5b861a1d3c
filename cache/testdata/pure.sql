-- Relations that are read with PostgreSQL's own code only, and those whose name says why they are not.
CREATE SCHEMA sky;
CREATE SCHEMA hidden;

CREATE FUNCTION hidden.twice(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 2 * n; END';
CREATE FUNCTION hidden.sees() RETURNS boolean STABLE LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION hidden.near(a point, b int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE DOMAIN hidden.magnitude AS numeric CHECK (hidden.twice(value::int) < 30);
CREATE DOMAIN hidden.parsec AS numeric CHECK (value > 0) DEFAULT 1;
CREATE TYPE hidden.colour AS ENUM ('red', 'blue');
CREATE TYPE hidden.shape AS ENUM ('spiral');
CREATE FUNCTION hidden.shape_to_json(hidden.shape) RETURNS json IMMUTABLE LANGUAGE sql AS $$ SELECT '"shape"'::json $$;
CREATE CAST (hidden.shape AS json) WITH FUNCTION hidden.shape_to_json(hidden.shape) AS ASSIGNMENT;

CREATE TABLE sky.star (
  id int PRIMARY KEY, name text DEFAULT upper('x'), colour hidden.colour, colours hidden.colour[],
  brightness numeric CHECK (brightness < 100), twice int GENERATED ALWAYS AS (id * 2) STORED
);
CREATE INDEX ON sky.star (lower(name)) WHERE id > 0;
CREATE VIEW sky.bright AS SELECT id, upper(name) AS name, count(*) OVER () FROM sky.star WHERE brightness > 3;
CREATE MATERIALIZED VIEW sky.frozen AS SELECT hidden.twice(id) AS id FROM sky.star;
CREATE TABLE sky.written (id int DEFAULT hidden.twice(1));
CREATE FUNCTION hidden.change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER change BEFORE INSERT ON sky.written FOR EACH ROW EXECUTE FUNCTION hidden.change();
CREATE TABLE sky.guarded (id int, owner text);
ALTER TABLE sky.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON sky.guarded USING (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
CREATE TABLE sky.night (day date, note text) PARTITION BY RANGE (day);
CREATE TABLE sky.night_2024 PARTITION OF sky.night FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

CREATE TABLE sky.measured (distance hidden.parsec, distances hidden.parsec[]);
CREATE EXTENSION citext SCHEMA hidden;
CREATE TABLE sky.named (name hidden.citext PRIMARY KEY);
CREATE VIEW sky.names AS SELECT max(name) AS last, lower(name::text) AS name FROM sky.named GROUP BY name;
CREATE TABLE sky.dormant (id int);
CREATE POLICY off ON sky.dormant USING (hidden.sees());

CREATE VIEW sky.by_function AS SELECT hidden.twice(id) AS id FROM sky.star;
CREATE VIEW sky.by_view AS SELECT id FROM sky.by_function;
CREATE VIEW sky.by_volatile AS SELECT set_config('sky.seen', 'yes', false) AS seen;
CREATE TABLE sky.by_policy (id int);
ALTER TABLE sky.by_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON sky.by_policy USING (hidden.sees());
CREATE TABLE sky.by_query_in_policy (id int);
ALTER TABLE sky.by_query_in_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON sky.by_query_in_policy USING (EXISTS (SELECT FROM sky.by_policy));
CREATE TABLE sky.by_volatile_policy (id int);
ALTER TABLE sky.by_volatile_policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON sky.by_volatile_policy USING (set_config('sky.seen', 'yes', false) IS NOT NULL);
CREATE TABLE sky.by_domain (m hidden.magnitude);
CREATE TABLE sky.by_domain_array (m hidden.magnitude[]);
CREATE TABLE sky.by_cast (s hidden.shape);
CREATE TABLE sky.by_index (id int);
CREATE INDEX ON sky.by_index (hidden.twice(id));
CREATE TABLE sky.by_check (id int CHECK (hidden.twice(id) > 0));
CREATE TABLE sky.by_partition (id int) PARTITION BY RANGE (id);
CREATE TABLE sky.by_partition_1 PARTITION OF sky.by_partition FOR VALUES FROM (1) TO (2);
CREATE INDEX ON sky.by_partition_1 (hidden.twice(id));
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE sky.by_server (id int) SERVER far;
