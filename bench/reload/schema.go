package reload

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"trunkline/bench/stack"
)

// hidden is a schema that is not served.
const hidden = "hidden"

// schema is the schema that grows, and is changed on a connection of its own as superuser.
type schema struct {
	conn *pgx.Conn
	dsn  string
	size int
	// serial numbers what changes create, and changes is the number of those of a sequence.
	serial, changes int
}

func openSchema(ctx context.Context, dsn string) (*schema, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("connecting to change the schema: %w", err)
	}
	s := &schema{conn: conn, dsn: dsn}
	return s, s.exec(ctx, fmt.Sprintf(`
		CREATE SCHEMA IF NOT EXISTS %[1]s;
		CREATE SCHEMA %[2]s;
		CREATE TABLE %[2]s.unseen (id int);
		ALTER DEFAULT PRIVILEGES IN SCHEMA %[1]s GRANT SELECT, INSERT ON TABLES TO %[3]s`,
		stack.Schema, hidden, stack.AnonymousRole))
}

// openElsewhere returns the schema of another database of the cluster, with one relation.
func openElsewhere(ctx context.Context, d *stack.Database, here *schema) (*schema, error) {
	const name = "elsewhere"
	if err := here.exec(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	s, err := openSchema(ctx, d.DSNOf(name))
	if err != nil {
		return nil, err
	}
	return s, s.grow(ctx, 1)
}

func (s *schema) close() { _ = s.conn.Close(context.Background()) } // nothing is left to be done on it

// exec runs statements, each in a transaction of its own if it has but one.
func (s *schema) exec(ctx context.Context, sql string) error {
	if _, err := s.conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("changing the schema: %w", err)
	}
	return nil
}

// chunk is the number of relations created in one transaction: each holds some locks, whose number is limited.
const chunk = 200

// growth creates the relations from $1 to $2. Of ten, nine are tables: with seven columns and a primary key, most of
// them with a foreign key to the one before, some with a comment. The tenth is a view of the table before it, and comes
// with a function that returns rows of that table.
const growth = `DO $do$ BEGIN
FOR i IN %[2]d..%[3]d LOOP
	IF i %% 10 = 9 THEN
		EXECUTE format('CREATE VIEW %[1]s.r%%s AS SELECT id, name, amount, created FROM %[1]s.r%%s', i, i - 1);
		EXECUTE format('CREATE FUNCTION %[1]s.f%%s(low numeric, high numeric DEFAULT NULL) RETURNS SETOF %[1]s.r%%s
			LANGUAGE sql STABLE AS ''SELECT * FROM %[1]s.r%%s WHERE amount BETWEEN low AND high''', i, i - 1, i - 1);
	ELSE
		EXECUTE format('CREATE TABLE %[1]s.r%%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, before bigint,
			name text NOT NULL, amount numeric(10,2), tags text[], details jsonb, created timestamptz DEFAULT now())', i);
		IF i %% 10 NOT IN (0, 5) THEN
			EXECUTE format('ALTER TABLE %[1]s.r%%s ADD FOREIGN KEY (before) REFERENCES %[1]s.r%%s', i, i - 1);
		END IF;
		IF i %% 10 = 1 THEN
			EXECUTE format('COMMENT ON TABLE %[1]s.r%%s IS ''relation %%s''', i, i);
		END IF;
	END IF;
END LOOP; END $do$`

// grow creates relations until there are so many. Event triggers do not fire for it.
func (s *schema) grow(ctx context.Context, size int) error {
	if err := s.exec(ctx, "SET session_replication_role = replica"); err != nil {
		return err
	}
	for ; s.size < size; s.size = min(s.size+chunk, size) {
		last := min(s.size+chunk, size) - 1
		if err := s.exec(ctx, fmt.Sprintf(growth, stack.Schema, s.size, last)); err != nil {
			return err
		}
	}
	if err := s.exec(ctx, "RESET session_replication_role"); err != nil {
		return err
	}
	return s.exec(ctx, "ANALYZE") // alone, so that it is not one transaction that locks all relations
}

// table returns the name of a table, for changes that are spread over the schema.
func (s *schema) table(n int) string {
	return fmt.Sprintf("r%d", n%((s.size+9)/10)*10)
}
