-- What is pure to read and write. It is made anew for each schema of the adversary; the file traps.sql adds to it. The
-- schema watch is what notices that a function ran: it says so at once, whatever becomes of the transaction.
DROP SCHEMA IF EXISTS api, priv CASCADE;
CREATE SCHEMA api;
CREATE SCHEMA priv;
CREATE TYPE priv.colour AS ENUM ('red', 'green', 'blue');
CREATE TYPE priv.pair AS (c priv.colour, t text);
CREATE DOMAIN priv.short AS text CHECK (length(value) < 100);

CREATE TABLE api.maker (id int PRIMARY KEY, name text, colour priv.colour);
CREATE TABLE api.item (
  id int PRIMARY KEY, name text, kind varchar(20), n numeric, data jsonb, doc json, tags text[], colour priv.colour,
  colours priv.colour[], pair priv.pair, at timestamptz, p point, span int4range, ci ext.citext, ok boolean,
  words tsvector, short priv.short, maker_id int REFERENCES api.maker
);
CREATE TABLE api.tag (id int PRIMARY KEY, name text);
CREATE TABLE api.item_tag (item_id int REFERENCES api.item, tag_id int REFERENCES api.tag, PRIMARY KEY (item_id, tag_id));
CREATE TABLE api.note (id int PRIMARY KEY, tag_id int REFERENCES api.tag ON DELETE CASCADE ON UPDATE CASCADE, body text);
CREATE TABLE api.reply (id int PRIMARY KEY, note_id int REFERENCES api.note ON DELETE SET NULL, body text);
CREATE TABLE api.serial (id serial PRIMARY KEY, made timestamptz DEFAULT now(), name text DEFAULT upper('x'));
CREATE TABLE api.event (id int, day int, name text) PARTITION BY RANGE (day);
CREATE TABLE api.event_1 PARTITION OF api.event FOR VALUES FROM (0) TO (10);
CREATE TABLE api.event_2 PARTITION OF api.event FOR VALUES FROM (10) TO (20);
CREATE TABLE api.thing (id int PRIMARY KEY, name text);
CREATE TABLE priv.special (extra text) INHERITS (api.thing);
CREATE TABLE api.secret (id int PRIMARY KEY, name text, owner text);
ALTER TABLE api.secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.secret USING (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
CREATE VIEW api.brief AS SELECT id, name, kind, maker_id FROM api.item WHERE id > 0;
CREATE VIEW api.briefer AS SELECT id, upper(name) AS name FROM api.brief ORDER BY id;
CREATE VIEW api.whole AS SELECT i.id, to_json(i.*) AS item FROM api.item i;
CREATE MATERIALIZED VIEW api.kept AS SELECT id, name FROM api.item;

INSERT INTO api.maker VALUES (1, 'a', 'red'), (2, 'b', 'green');
INSERT INTO api.item SELECT
  i, 'name ' || i, 'kind', i, '{"a": {"b": 1}, "c": "x"}', '{"a": 1}', '{x,y}', 'red', '{red,blue}', ROW('red', 'x')::priv.pair, now(),
  point(i, i), int4range(i, i + 3), 'Ci', true, to_tsvector('simple', 'word'), 'short', 1 + i % 2
FROM generate_series(1, 4) i;
INSERT INTO api.tag SELECT i, 'tag ' || i FROM generate_series(1, 4) i;
INSERT INTO api.item_tag VALUES (1, 1), (1, 2), (2, 1);
INSERT INTO api.note VALUES (1, 1, 'x'), (2, 4, 'y');
INSERT INTO api.reply VALUES (1, 2, 'x');
INSERT INTO api.serial (name) VALUES ('a'), ('b');
INSERT INTO api.event VALUES (1, 5, 'a'), (2, 15, 'b');
INSERT INTO api.thing VALUES (1, 'a');
INSERT INTO priv.special VALUES (2, 'b', 'c');
INSERT INTO api.secret VALUES (1, 'a', 'me'), (2, 'b', 'you');
REFRESH MATERIALIZED VIEW api.kept;

-- What the traps call. Those that say that they are immutable may stand in an index.
CREATE FUNCTION priv.hit(text) RETURNS boolean LANGUAGE plpgsql AS
  'BEGIN RAISE NOTICE ''hit %'', $1; RETURN true; END';
CREATE FUNCTION priv.num(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''hit num''; RETURN $1; END';
CREATE FUNCTION priv.txt(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''hit txt''; RETURN $1; END';
CREATE FUNCTION priv.inlined(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT priv.num($1)';
CREATE FUNCTION priv.sees() RETURNS boolean STABLE LANGUAGE sql AS 'SELECT priv.hit(''sees'')';
CREATE FUNCTION priv.fire() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE NOTICE ''hit fire''; RETURN CASE TG_OP WHEN ''DELETE'' THEN OLD ELSE NEW END; END';
GRANT USAGE ON SCHEMA api, priv TO watched;
