-- What the scenarios read and write: a shop of 10,000 items in 100 categories with 50,000 orders. Large tables are filled
-- before they get their foreign keys, which are then checked by one query instead of for each row.

CREATE ROLE bench_anon NOLOGIN;
CREATE ROLE bench_user NOLOGIN;
CREATE ROLE bench_authenticator LOGIN NOINHERIT PASSWORD 'bench';
GRANT bench_anon, bench_user TO bench_authenticator;

CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO bench_anon, bench_user;

CREATE TABLE bench.departments (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO bench.departments SELECT i, 'department ' || i FROM generate_series(1, 10) i;

CREATE TABLE bench.categories (
  id int PRIMARY KEY,
  department_id int NOT NULL REFERENCES bench.departments,
  name text NOT NULL
);
INSERT INTO bench.categories SELECT i, i % 10 + 1, 'category ' || i FROM generate_series(1, 100) i;

CREATE TABLE bench.items (
  id int PRIMARY KEY,
  category_id int NOT NULL,
  name text NOT NULL,
  price numeric(10, 2) NOT NULL,
  tags text[] NOT NULL,
  details jsonb NOT NULL,
  created timestamptz NOT NULL
);
INSERT INTO bench.items
SELECT i, i % 100 + 1, 'item number ' || i, i / 7.0, ARRAY['tag' || i % 10, 'tag' || i % 3],
  jsonb_build_object('weight', i % 50, 'colour', (ARRAY['red', 'green', 'blue'])[i % 3 + 1]),
  timestamptz '2024-01-01 00:00Z' + i * interval '1 minute'
FROM generate_series(1, 10000) i;
CREATE INDEX ON bench.items (category_id);
ALTER TABLE bench.items ADD FOREIGN KEY (category_id) REFERENCES bench.categories;

CREATE TABLE bench.orders (
  id int PRIMARY KEY,
  item_id int NOT NULL,
  quantity int NOT NULL
);
INSERT INTO bench.orders SELECT i, i % 10000 + 1, i % 9 + 1 FROM generate_series(1, 50000) i;
CREATE INDEX ON bench.orders (item_id);
ALTER TABLE bench.orders ADD FOREIGN KEY (item_id) REFERENCES bench.items;

CREATE TABLE bench.events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  value int NOT NULL
);

CREATE TABLE bench.settings (id int PRIMARY KEY, name text NOT NULL, value int NOT NULL);
INSERT INTO bench.settings SELECT i, 'setting ' || i, i FROM generate_series(1, 10000) i;

-- Orders that are written with their lines. There are some already: for an empty table, PostgreSQL plans checks of foreign
-- keys that become slow as it grows.
CREATE TABLE bench.purchases (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL);
CREATE TABLE bench.lines_of_purchases (
  purchase_id bigint NOT NULL,
  line int NOT NULL,
  item_id int NOT NULL,
  quantity int NOT NULL,
  PRIMARY KEY (purchase_id, line)
);
INSERT INTO bench.purchases (note) SELECT 'number ' || i FROM generate_series(1, 10000) i;
INSERT INTO bench.lines_of_purchases SELECT i % 10000 + 1, i / 10000, i % 10000 + 1, i % 9 + 1 FROM generate_series(0, 29999) i;
ALTER TABLE bench.lines_of_purchases ADD FOREIGN KEY (purchase_id) REFERENCES bench.purchases,
  ADD FOREIGN KEY (item_id) REFERENCES bench.items;

-- Rows of users, seen by their owners only.
CREATE TABLE bench.notes (id int PRIMARY KEY, owner text NOT NULL, text text NOT NULL);
INSERT INTO bench.notes SELECT i, 'user' || i % 100, 'note number ' || i FROM generate_series(1, 10000) i;
CREATE INDEX ON bench.notes (owner);
ALTER TABLE bench.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON bench.notes FOR SELECT TO bench_user
  USING (owner = (SELECT current_setting('request.jwt.claims', true)::json ->> 'sub'));

CREATE FUNCTION bench.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';

-- Rows of about 1 KB as JSON.
CREATE FUNCTION bench.lines(rows int) RETURNS TABLE (id int, text text) LANGUAGE sql STABLE AS
$$ SELECT i, repeat('0123456789abcdef', 61) FROM generate_series(1, rows) i $$;

-- Takes 10 ms of time and nothing else.
CREATE FUNCTION bench.pause() RETURNS int LANGUAGE plpgsql STABLE AS
$$ BEGIN PERFORM pg_sleep(0.01); RETURN 1; END $$;

-- A JSON string of about the given number of bytes.
CREATE FUNCTION bench.blob(bytes int) RETURNS json LANGUAGE sql STABLE AS
$$ SELECT to_json(repeat('0123456789abcdef', bytes / 16)) $$;

GRANT SELECT ON ALL TABLES IN SCHEMA bench TO bench_anon, bench_user;
GRANT INSERT ON bench.events, bench.purchases, bench.lines_of_purchases TO bench_anon, bench_user;
GRANT INSERT, UPDATE, DELETE ON bench.settings TO bench_anon, bench_user;

-- Nobody may read these.
CREATE TABLE bench.secrets (id int PRIMARY KEY);

ANALYZE;
