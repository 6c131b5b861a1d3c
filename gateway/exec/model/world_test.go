package model

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/deploy/localpg/pgtest"
)

// world is a database.
type world struct {
	// dsn is how the superuser connects, and super such a connection.
	dsn   string
	super *pgconn.PgConn
	// unix and tcp are how the authenticator connects to it.
	unix, tcp *pgconn.Config
}

// newWorld returns a fresh one.
func newWorld(t *testing.T) *world {
	t.Helper()
	dsn := pgtest.Database(t, "testdata/world.sql")
	w := &world{dsn: dsn, super: connect(t, dsn), unix: authenticator(t, dsn)}
	w.tcp = authenticator(t, pgtest.Cluster(t).TCP(w.unix.Database))
	form := w.super.ExecParams(t.Context(), "insert into hidden.form values ($1)", [][]byte{[]byte(forged())}, nil, nil, nil)
	if _, err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return w
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

// change runs DDL and returns what PostgreSQL says about it.
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
