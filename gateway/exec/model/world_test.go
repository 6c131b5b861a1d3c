package model

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/deploy/localpg/pgtest"
)

// worldFile is the SQL that creates a world.
const worldFile = "testdata/world.sql"

// world is a database.
type world struct {
	super *pgconn.PgConn
	// unix and tcp are how the authenticator connects to it.
	unix, tcp *pgconn.Config
}

// worlds are a pair that sequences use one after another.
type worlds struct {
	a, b *world
	// gate is a connection to a that can hold up jobs.
	gate *pgconn.PgConn
}

// newWorlds returns a fresh pair. It lives until the test ends.
func newWorlds(t *testing.T) *worlds {
	t.Helper()
	dsn := pgtest.Database(t, worldFile) // which makes the roles, too
	return &worlds{a: newWorld(t, dsn), b: newWorld(t, pgtest.Database(t, worldFile)), gate: connect(t, dsn)}
}

// reset returns both to the state of fresh ones.
func (w *worlds) reset(ctx context.Context) error { return errors.Join(w.a.reset(ctx), w.b.reset(ctx)) }

// newWorld returns an empty one, in the database that a superuser's connection string is for.
func newWorld(t *testing.T, dsn string) *world {
	t.Helper()
	w := &world{super: connect(t, dsn), unix: authenticator(t, dsn)}
	w.tcp = authenticator(t, pgtest.Cluster(t).TCP(w.unix.Database))
	return w
}

// cleared removes what was made by the file, or changed by jobs and DDL.
const cleared = `set client_min_messages = warning; drop schema if exists api, hidden cascade;
do $$ begin
  if exists (select from pg_roles where rolname = 'model_authenticator') then
    execute format('alter role model_authenticator in database %I reset all', current_database());
  end if;
end $$;`

// reset returns it to the state that the file creates.
func (w *world) reset(ctx context.Context) error {
	text, err := os.ReadFile(worldFile)
	if err != nil {
		return err
	}
	if err := simple(ctx, w.super, cleared+string(text)); err != nil {
		return err
	}
	form := w.super.ExecParams(ctx, "insert into hidden.form values ($1)", [][]byte{[]byte(forged())}, nil, nil, nil)
	_, err = form.Close()
	return err
}

// connect connects until the test ends.
func connect(t *testing.T, dsn string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// authenticator returns how the role model_authenticator connects.
func authenticator(t *testing.T, dsn string) *pgconn.Config {
	t.Helper()
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.User, config.Password = "model_authenticator", "model"
	return config
}

// change runs DDL and returns PostgreSQL's result.
func (w *world) change(ctx context.Context, ddl string) string {
	if err := simple(ctx, w.super, ddl); err != nil {
		return err.Error()
	}
	return ""
}

const sqlState = `select slot, line from (
  select slot, 'item ' || t::text as line from api.item t union all
  select slot, 'line ' || t::text from api.line t union all
  select slot, 'own ' || t::text from api.own t union all
  select slot, 'shape ' || t::text from api.shape t union all
  select slot, 'late ' || t::text from api.late t union all
  select slot, 'triggered ' || t::text from api.triggered t) as all_rows
order by slot, line collate "C"`

// state returns the rows of all tables that jobs write to.
func (w *world) state(ctx context.Context) (state, error) {
	results, err := w.super.Exec(ctx, sqlState).ReadAll()
	if err != nil {
		return nil, err
	}
	s := make(state, slots)
	for _, row := range results[0].Rows {
		slot, err := strconv.Atoi(string(row[0]))
		if err != nil {
			return nil, err
		}
		s[slot] = append(s[slot], string(row[1]))
	}
	return s, nil
}

// value returns the first column of a query's first row.
func (w *world) value(ctx context.Context, sql string) (string, error) {
	results, err := w.super.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", fmt.Errorf("%s: %w", sql, err)
	}
	return string(results[0].Rows[0][0]), nil
}
