-- Each trap puts code of a user where PostgreSQL runs it. The baits are requests that it runs for: method, URL, body
-- and preference, each behind a bar. What has no bait is run by the planner's or executor's own choice.

-- trap: computed column
-- bait: GET /item?select=shout
-- bait: GET /item?shout=eq.x
-- bait: GET /item?order=shout
-- bait: DELETE /item_tag?select=loud | | return=representation
CREATE FUNCTION api.shout(api.item) RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''shout''); RETURN ''x''; END';
CREATE FUNCTION api.loud(api.item_tag) RETURNS text STABLE LANGUAGE sql AS 'SELECT priv.txt(''x'')';

-- trap: computed relationship
-- bait: GET /item?select=makers(*)
CREATE FUNCTION api.makers(api.item) RETURNS SETOF api.maker STABLE ROWS 1 LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''makers''); RETURN QUERY SELECT * FROM api.maker; END';

-- trap: domain check
-- bait: POST /maker | {"id": 9, "d": "1"}
CREATE DOMAIN priv.checked AS int CHECK (priv.num(value) > 0);
ALTER TABLE api.maker ADD d priv.checked;

-- trap: domain check in an array
-- bait: GET /maker?d=eq.{1}
-- bait: PATCH /maker?id=eq.1 | {"d": [1]}
CREATE DOMAIN priv.checked AS int CHECK (priv.inlined(value) > 0);
ALTER TABLE api.maker ADD d priv.checked[];

-- trap: domain check in a composite
-- bait: PATCH /maker?id=eq.1 | {"d": {"e": [{"f": 1}]}}
CREATE DOMAIN priv.checked AS int CHECK (priv.num(value) > 0);
CREATE TYPE priv.inner AS (f priv.checked);
CREATE TYPE priv.outer AS (e priv.inner[]);
ALTER TABLE api.maker ADD d priv.outer;

-- trap: domain of a domain
-- bait: POST /maker | {"id": 9, "d": "1"}
CREATE DOMAIN priv.checked AS int CHECK (priv.num(value) > 0);
CREATE DOMAIN priv.renamed AS priv.checked;
ALTER TABLE api.maker ADD d priv.renamed;

-- trap: domain check by an operator
-- bait: POST /maker | {"id": 9, "d": "1"}
CREATE OPERATOR priv.@@@@ (rightarg = int, function = priv.num);
CREATE DOMAIN priv.checked AS int CHECK (OPERATOR(priv.@@@@) value > 0);
ALTER TABLE api.maker ADD d priv.checked;

-- trap: domain default
-- bait: POST /tag | {"id": 9}
CREATE DOMAIN priv.filled AS int DEFAULT priv.num(1);
ALTER TABLE api.tag ADD d priv.filled;

-- trap: domain that runs SQL
-- bait: POST /tag | {"id": 9, "d": "1"}
CREATE DOMAIN priv.ran AS int CHECK (query_to_xml('SELECT priv.hit(''xml'')', true, true, '') IS NOT NULL);
ALTER TABLE api.tag ADD d priv.ran;

-- trap: domain checked in a view
-- bait: GET /populated
CREATE DOMAIN priv.checked AS int CHECK (priv.num(value) > 0);
CREATE TYPE priv.inner AS (f priv.checked);
CREATE VIEW api.populated AS SELECT i.id, (json_populate_record(null::priv.inner, '{"f": 1}')).f::int FROM api.item i;

-- trap: domain checked in a view of a row
-- bait: GET /populated
CREATE DOMAIN priv.checked AS int CHECK (priv.num(value) > 0);
CREATE TABLE priv.rows (id int, f priv.checked);
INSERT INTO priv.rows VALUES (1, 1);
CREATE VIEW api.populated AS SELECT r.id, json_populate_record(r.*, '{"f": 2}')::text AS f FROM priv.rows r;

-- trap: enum as JSON
-- bait: GET /maker?select=colour
-- bait: GET /item?select=colours
-- bait: GET /item?select=pair
-- bait: GET /whole
-- bait: GET /item?select=colours->0
-- bait: PATCH /maker?id=eq.1 | {"colour": "blue"} | return=representation
CREATE FUNCTION priv.json(priv.colour) RETURNS json IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''json''); RETURN ''"x"''; END';
CREATE CAST (priv.colour AS json) WITH FUNCTION priv.json(priv.colour);

-- trap: composite as JSON
CREATE FUNCTION priv.json(priv.pair) RETURNS jsonb IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''json''); RETURN ''"x"''; END';
CREATE CAST (priv.pair AS jsonb) WITH FUNCTION priv.json(priv.pair) AS ASSIGNMENT;
CREATE FUNCTION priv.text(priv.pair) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT priv.txt(''x'')';
CREATE CAST (priv.pair AS text) WITH FUNCTION priv.text(priv.pair);
-- bait: GET /item?select=pair::text

-- trap: enum as text
-- bait: GET /item?colour=like.r*
-- bait: GET /item?select=colour::text
CREATE FUNCTION priv.text(priv.colour) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT priv.txt(''red'')';
CREATE CAST (priv.colour AS text) WITH FUNCTION priv.text(priv.colour) AS IMPLICIT;

-- trap: enum as boolean
-- bait: GET /item?colour=is.true
CREATE FUNCTION priv.bool(priv.colour) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT priv.hit(''bool'')';
CREATE CAST (priv.colour AS boolean) WITH FUNCTION priv.bool(priv.colour) AS ASSIGNMENT;

-- trap: cast between built-in types
-- bait: GET /item?select=n::date
-- bait: GET /item?n=is.true
CREATE FUNCTION priv.date(numeric) RETURNS date IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''date''); RETURN ''2020-01-01''; END';
CREATE CAST (numeric AS date) WITH FUNCTION priv.date(numeric);
CREATE FUNCTION priv.bool(numeric) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT priv.hit(''bool'')';
CREATE CAST (numeric AS boolean) WITH FUNCTION priv.bool(numeric) AS ASSIGNMENT;

-- trap: implicit cast between built-in types
-- bait: GET /item?p=like.x
CREATE FUNCTION priv.text(point) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT priv.txt(''t'')';
CREATE CAST (point AS text) WITH FUNCTION priv.text(point) AS IMPLICIT;

-- trap: operator on an enum
-- bait: GET /item?colour=eq.red
-- bait: GET /item?colour=in.(red,blue)
-- bait: GET /item?colour=isdistinct.red
-- bait: PATCH /item?colour=neq.blue | {"name": "x"}
CREATE FUNCTION priv.same(priv.colour, priv.colour) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN RETURN priv.hit(''same''); END';
CREATE OPERATOR api.= (leftarg = priv.colour, rightarg = priv.colour, function = priv.same);
CREATE OPERATOR api.<> (leftarg = priv.colour, rightarg = priv.colour, function = priv.same);

-- trap: operator on any enum
-- bait: GET /item?colour=cs.red
CREATE FUNCTION priv.same(anyenum, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN priv.hit(''same''); END';
CREATE OPERATOR api.@> (leftarg = anyenum, rightarg = text, function = priv.same);

-- trap: operator on any array
-- bait: GET /item?tags=match.x
CREATE FUNCTION priv.same(anyarray, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN priv.hit(''same''); END';
CREATE OPERATOR api.~ (leftarg = anyarray, rightarg = text, function = priv.same);

-- trap: operator on anything
-- bait: GET /item?p=match.x
CREATE FUNCTION priv.same(anyelement, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN priv.hit(''same''); END';
CREATE OPERATOR api.~ (leftarg = anyelement, rightarg = text, function = priv.same);

-- trap: operator by an implicit cast
-- bait: GET /item?kind=adj.x
CREATE TYPE priv.wrapped AS (t text);
CREATE FUNCTION priv.wrap(varchar) RETURNS priv.wrapped IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''wrap''); RETURN ROW($1)::priv.wrapped; END';
CREATE CAST (varchar AS priv.wrapped) WITH FUNCTION priv.wrap(varchar) AS IMPLICIT;
CREATE FUNCTION priv.same(priv.wrapped, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
CREATE OPERATOR api.-|- (leftarg = priv.wrapped, rightarg = text, function = priv.same);

-- trap: operator of built-in functions behind a cast
-- bait: GET /item?n=like.x
CREATE TYPE priv.mood AS ENUM ('x');
CREATE FUNCTION priv.feel(numeric) RETURNS priv.mood IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''feel''); RETURN ''x''; END';
CREATE CAST (numeric AS priv.mood) WITH FUNCTION priv.feel(numeric) AS IMPLICIT;
CREATE FUNCTION priv.equal(anyenum, anyenum) RETURNS boolean IMMUTABLE STRICT LANGUAGE internal AS 'enum_eq';
CREATE FUNCTION priv.equal(priv.mood, priv.mood) RETURNS boolean IMMUTABLE STRICT LANGUAGE internal AS 'enum_eq';
CREATE OPERATOR api.~~ (leftarg = priv.mood, rightarg = priv.mood, function = priv.equal);

-- trap: operator of a built-in type
-- bait: GET /item?n=match.x
CREATE FUNCTION priv.same(numeric, text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN priv.hit(''same''); END';
CREATE OPERATOR api.~ (leftarg = numeric, rightarg = text, function = priv.same);

-- trap: operator with a domain
-- bait: GET /item?name=adj.x
CREATE DOMAIN priv.checked AS text CHECK (priv.hit('checked'));
CREATE FUNCTION priv.near(text, priv.checked) RETURNS boolean IMMUTABLE STRICT LANGUAGE internal AS 'texteq';
CREATE OPERATOR api.-|- (leftarg = text, rightarg = priv.checked, function = priv.near);

-- trap: arrow on JSON
CREATE FUNCTION priv.go(jsonb, text) RETURNS jsonb IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''go''); RETURN $1; END';
CREATE OPERATOR api.-> (leftarg = jsonb, rightarg = text, function = priv.go);

-- trap: operator class of an enum
-- bait: GET /item?select=id,colour&order=colour
-- bait: GET /item?select=colour,count()
CREATE FUNCTION priv.cmp(priv.colour, priv.colour) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''cmp''); RETURN 0; END';
CREATE FUNCTION priv.lt(priv.colour, priv.colour) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN priv.hit(''lt''); END';
CREATE OPERATOR priv.< (leftarg = priv.colour, rightarg = priv.colour, function = priv.lt);
CREATE OPERATOR priv.> (leftarg = priv.colour, rightarg = priv.colour, function = priv.lt);
CREATE OPERATOR priv.<= (leftarg = priv.colour, rightarg = priv.colour, function = priv.lt);
CREATE OPERATOR priv.>= (leftarg = priv.colour, rightarg = priv.colour, function = priv.lt);
CREATE OPERATOR priv.= (leftarg = priv.colour, rightarg = priv.colour, function = priv.lt);
CREATE OPERATOR CLASS priv.colour_ops DEFAULT FOR TYPE priv.colour USING btree AS
  OPERATOR 1 priv.<, OPERATOR 2 priv.<=, OPERATOR 3 priv.=, OPERATOR 4 priv.>=, OPERATOR 5 priv.>,
  FUNCTION 1 priv.cmp(priv.colour, priv.colour);

-- trap: operator class of an index
-- bait: POST /tag | {"id": 9, "name": "x"}
CREATE FUNCTION priv.cmp(text, text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''cmp''); RETURN bttextcmp($1, $2); END';
CREATE OPERATOR CLASS priv.text_ops FOR TYPE text USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 priv.cmp(text, text);
CREATE INDEX ON api.tag (name priv.text_ops);

-- trap: index expression
-- bait: POST /tag | {"id": 9, "name": "x"}
CREATE INDEX ON api.tag (priv.inlined(id));

-- trap: index predicate
-- bait: GET /tag?id=eq.1
CREATE INDEX ON api.tag (name) WHERE id > priv.num(3);

-- trap: index of a partition
-- bait: POST /event | {"id": 9, "day": 1, "name": "x"}
CREATE INDEX ON api.event_1 (priv.num(id)) WHERE priv.num(1) = 1;

-- trap: index of an inheriting table
-- bait: PATCH /thing?id=eq.2 | {"id": 5}
CREATE INDEX ON priv.special (priv.num(id));

-- trap: index of a referenced table
-- bait: GET /item?select=maker(*)
CREATE INDEX ON api.maker (id) WHERE priv.num(1) = 1;

-- trap: index of a junction
-- bait: GET /item?select=tag(*)
CREATE INDEX ON api.item_tag (tag_id) WHERE priv.num(1) = 1;

-- trap: index of a materialized view
-- bait: GET /kept
CREATE INDEX ON api.kept (name) WHERE priv.num(1) = 1;

-- trap: check constraint
-- bait: POST /tag | {"id": 9}
ALTER TABLE api.tag ADD CHECK (id > priv.num(-5));

-- trap: check constraint that runs SQL
-- bait: POST /tag | {"id": 9}
ALTER TABLE api.tag ADD CHECK (query_to_xml('SELECT priv.hit(''xml'')', true, true, '') IS NOT NULL);

-- trap: statistics
CREATE STATISTICS priv.some ON (priv.num(id)), name FROM api.tag;
ANALYZE api.tag;

-- trap: partition key
-- bait: POST /split | {"id": 1}
CREATE TABLE api.split (id int) PARTITION BY RANGE (priv.num(id));
CREATE TABLE api.split_1 PARTITION OF api.split FOR VALUES FROM (0) TO (10);

-- trap: generated column
-- bait: PATCH /tag?id=eq.3 | {"id": 30}
ALTER TABLE api.tag ADD g int GENERATED ALWAYS AS (priv.num(id)) STORED;

-- trap: default
-- bait: POST /tag | {"id": 9}
ALTER TABLE api.tag ADD d int DEFAULT priv.num(1);

-- trap: default that runs SQL
-- bait: POST /tag | {"id": 9}
ALTER TABLE api.tag ADD d xml DEFAULT query_to_xml('SELECT priv.hit(''xml'')', true, true, '');

-- trap: default of a partition
ALTER TABLE api.event_1 ALTER name SET DEFAULT priv.txt('x');
ALTER TABLE api.event_1 ADD CHECK (priv.num(id) > -5);
-- bait: POST /event | {"id": 9, "day": 1}

-- trap: trigger
-- bait: POST /tag | {"id": 9}
-- bait: PATCH /tag | {"name": "x"}
-- bait: DELETE /tag?id=eq.3
CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON api.tag FOR EACH ROW EXECUTE FUNCTION priv.fire();

-- trap: statement trigger
-- bait: POST /tag | {"id": 9}
CREATE TRIGGER t AFTER INSERT ON api.tag EXECUTE FUNCTION priv.fire();

-- trap: deferred trigger
-- bait: POST /tag | {"id": 9}
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON api.tag DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION priv.fire();

-- trap: trigger of a partition
-- bait: POST /event | {"id": 9, "day": 1}
-- bait: PATCH /event | {"name": "x"}
CREATE TRIGGER t BEFORE INSERT OR UPDATE ON api.event_1 FOR EACH ROW EXECUTE FUNCTION priv.fire();

-- trap: trigger of a built-in function
-- bait: PATCH /item?id=eq.1 | {"name": "x"}
CREATE TRIGGER a BEFORE UPDATE ON api.item FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(words, 'pg_catalog.simple', name);
CREATE TRIGGER b BEFORE UPDATE ON api.item FOR EACH ROW WHEN (priv.hit('when')) EXECUTE FUNCTION suppress_redundant_updates_trigger();

-- trap: cascade to a trigger
-- bait: DELETE /tag?id=eq.4
-- bait: PATCH /tag?id=eq.4 | {"id": 40}
CREATE TRIGGER t BEFORE UPDATE OR DELETE ON api.note FOR EACH ROW EXECUTE FUNCTION priv.fire();

-- trap: cascade of a cascade
-- bait: DELETE /tag?id=eq.4
CREATE TRIGGER t BEFORE UPDATE ON api.reply FOR EACH ROW EXECUTE FUNCTION priv.fire();

-- trap: cascade to an index
-- bait: PATCH /tag?id=eq.4 | {"id": 40}
CREATE INDEX ON api.note (priv.num(tag_id));

-- trap: reference to an index
-- bait: POST /note | {"id": 9, "tag_id": 1}
CREATE INDEX ON api.tag (id) WHERE priv.num(1) = 1;

-- trap: rule
-- bait: POST /tag | {"id": 9, "name": "x"}
CREATE RULE a AS ON INSERT TO api.tag DO INSTEAD
  INSERT INTO api.maker (id, name) VALUES (new.id, priv.txt(new.name)) RETURNING id, name;

-- trap: policy
-- bait: GET /tag
-- bait: GET /item?select=tag(*)
-- bait: DELETE /tag?id=eq.3
ALTER TABLE api.tag ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON api.tag USING (priv.sees());

-- trap: policy of inserts
-- bait: POST /tag | {"id": 9}
ALTER TABLE api.tag ENABLE ROW LEVEL SECURITY;
CREATE POLICY r ON api.tag USING (true);
CREATE POLICY p ON api.tag AS RESTRICTIVE FOR INSERT WITH CHECK (priv.sees());

-- trap: policy of the relation in a policy
-- bait: GET /tag
ALTER TABLE api.tag ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON api.tag USING (EXISTS (SELECT FROM api.maker));
ALTER TABLE api.maker ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON api.maker USING (priv.sees());

-- trap: policy behind a view
-- bait: GET /briefer
ALTER TABLE api.item ENABLE ROW LEVEL SECURITY;
ALTER TABLE api.item FORCE ROW LEVEL SECURITY;
ALTER VIEW api.brief OWNER TO watched;
GRANT SELECT ON api.item TO watched;
CREATE POLICY p ON api.item USING (priv.sees());

-- trap: policy that runs SQL
-- bait: GET /tag
ALTER TABLE api.tag ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON api.tag USING (query_to_xml('SELECT priv.hit(''xml'')', true, true, '') IS NOT NULL);

-- trap: view of a function
-- bait: GET /through
-- bait: GET /beyond
CREATE VIEW api.through AS SELECT id, priv.inlined(id) AS n FROM api.tag;
CREATE VIEW api.beyond AS SELECT id FROM api.through WHERE n > 0;

-- trap: view of a set
-- bait: GET /through
CREATE FUNCTION priv.set() RETURNS SETOF int STABLE LANGUAGE sql AS 'SELECT priv.num(i) FROM generate_series(1, 2) i';
CREATE VIEW api.through AS SELECT * FROM priv.set() AS s (id);

-- trap: view of an aggregate
-- bait: GET /through
CREATE FUNCTION priv.add(int, int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''add''); RETURN 1; END';
CREATE AGGREGATE priv.total(int) (sfunc = priv.add, stype = int, initcond = '0');
CREATE VIEW api.through AS SELECT priv.total(id) AS id FROM api.tag;

-- trap: view of a window
-- bait: GET /through
CREATE FUNCTION priv.add(int, int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''add''); RETURN 1; END';
CREATE AGGREGATE priv.total(int) (sfunc = priv.add, stype = int, initcond = '0');
CREATE VIEW api.through AS SELECT id, priv.total(id) OVER () AS n FROM api.tag;

-- trap: view of an operator
-- bait: GET /through
CREATE FUNCTION priv.far(text, int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN priv.hit(''far''); END';
CREATE OPERATOR priv.@@@@ (leftarg = text, rightarg = int, function = priv.far);
CREATE VIEW api.through AS SELECT id FROM api.tag WHERE name OPERATOR(priv.@@@@) 1;

-- trap: view of a query in a text
-- bait: GET /q
-- bait: GET /t
-- bait: GET /c
-- bait: GET /s
CREATE VIEW priv.hits AS SELECT priv.hit('hits');
CREATE VIEW api.q AS SELECT id, query_to_xml('SELECT priv.hit(''xml'')', true, true, '') AS x FROM api.tag;
CREATE VIEW api.t AS SELECT id, table_to_xml(('priv.' || 'hits')::regclass, true, true, '') AS x FROM api.tag;
CREATE VIEW api.c AS SELECT * FROM ext.crosstab('SELECT ''r'', ''c'', priv.hit(''crosstab'')::text') AS c (id text, n text);
CREATE VIEW api.s AS SELECT word AS id FROM ts_stat('SELECT to_tsvector(priv.txt(''x''))');

-- trap: view of a setting that is left behind
CREATE VIEW api.left AS SELECT id, set_config('x.y', priv.txt('z'), false) FROM api.tag;
-- bait: GET /left

-- trap: view of an enum as JSON
-- bait: GET /shown
CREATE TYPE priv.mood AS ENUM ('x');
CREATE FUNCTION priv.json(priv.mood) RETURNS json IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''json''); RETURN ''"x"''; END';
CREATE CAST (priv.mood AS json) WITH FUNCTION priv.json(priv.mood);
CREATE TYPE priv.moods AS (m priv.mood[]);
CREATE TABLE priv.feelings (id int, m priv.moods);
INSERT INTO priv.feelings VALUES (1, ROW('{x}'));
CREATE VIEW api.shown AS SELECT f.id, row_to_json(f.*) AS f FROM priv.feelings f;

-- trap: view whose rows write
-- bait: POST /narrow | {"id": 9}
CREATE VIEW api.narrow AS SELECT id FROM api.tag;
CREATE TRIGGER t INSTEAD OF INSERT ON api.narrow FOR EACH ROW EXECUTE FUNCTION priv.fire();

-- trap: text search of another type
CREATE FUNCTION api.to_tsvector(varchar) RETURNS tsvector STABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''to_tsvector''); RETURN ''''; END';

-- trap: aggregates of other types
-- bait: GET /item?select=kind.max()
CREATE FUNCTION priv.more(varchar, varchar) RETURNS varchar IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''more''); RETURN $1; END';
CREATE AGGREGATE api.max(varchar) (sfunc = priv.more, stype = varchar);

-- trap: range
-- bait: POST /tag | {"id": 9, "r": "[1,2]"}
CREATE TYPE priv.floats;
CREATE FUNCTION priv.diff(float8, float8) RETURNS float8 IMMUTABLE LANGUAGE plpgsql AS
  'BEGIN PERFORM priv.hit(''diff''); RETURN 1; END';
DROP TYPE priv.floats;
CREATE TYPE priv.floats AS RANGE (subtype = float8, subtype_diff = priv.diff);
ALTER TABLE api.tag ADD r priv.floats;
CREATE INDEX ON api.tag USING gist (r);
INSERT INTO api.tag SELECT i, 'r', priv.floats(i, i + 1) FROM generate_series(100, 400) i;

-- trap: functions that are named as those of the statement
CREATE FUNCTION priv.step(text, record) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''step''); RETURN ''x''; END';
CREATE FUNCTION priv.end(text) RETURNS json IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''end''); RETURN ''"x"''; END';
CREATE AGGREGATE api.json_agg(record) (sfunc = priv.step, stype = text, finalfunc = priv.end);
CREATE AGGREGATE api.array_agg(record) (sfunc = priv.step, stype = text);
CREATE AGGREGATE api.count(record) (sfunc = priv.step, stype = text);
CREATE FUNCTION api.row_to_json(api.item) RETURNS json STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''row''); RETURN ''"x"''; END';
CREATE FUNCTION api.to_jsonb(varchar) RETURNS jsonb STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''to_jsonb''); RETURN ''"x"''; END';
CREATE FUNCTION api.to_jsonb(record) RETURNS jsonb STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''to_jsonb''); RETURN ''"x"''; END';
CREATE FUNCTION api.to_json(int) RETURNS json STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''to_json''); RETURN ''"x"''; END';
CREATE FUNCTION api.right(text, bigint) RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''right''); RETURN ''x''; END';
CREATE FUNCTION api.to_tsquery(varchar) RETURNS tsquery STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM priv.hit(''to_tsquery''); RETURN ''x''; END';
