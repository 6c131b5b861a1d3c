package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// foreign is a client of PgBouncer other than a gateway. It has the same user, and so shares the server connections.
type foreign struct {
	t    *testing.T
	conn *pgx.Conn
	// looks counts its transactions, prepared those in which its prepared statement existed.
	looks, prepared int
}

func newForeign(t *testing.T, dsn string) *foreign {
	t.Helper()
	return &foreign{t: t, conn: pgtest.Conn(t, dsn)}
}

// enoughLooks is the least number of looks.
const enoughLooks = 200

// watch checks the session repeatedly, until done is closed and at least enoughLooks times.
func (f *foreign) watch(done <-chan struct{}) {
	for {
		select {
		case <-done:
			if f.looks >= enoughLooks {
				f.t.Logf("the foreign client looked %d times, and found a statement of its own %d times", f.looks, f.prepared)
				if f.prepared == 0 {
					f.t.Error("the foreign client never came back to a server connection, so this shows nothing")
				}
				return
			}
		default:
		}
		if err := pgx.BeginFunc(context.Background(), f.conn, f.look); err != nil {
			f.t.Error("the foreign client: ", err)
			return
		}
	}
}

// state is what a session must be like that no gateway has left anything on: user, role, path, what the request's
// settings say, and settings that roles may have.
const state = `SELECT concat_ws(' ', current_user, session_user, current_setting('role'), current_setting('search_path'),
	current_setting('statement_timeout'), current_setting('default_transaction_read_only'),
	current_setting('transaction_read_only'), current_setting('transaction_isolation'),
	nullif(current_setting('request.jwt.claims', true), ''), nullif(current_setting('request.path', true), ''),
	nullif(current_setting('response.headers', true), ''))`

// look checks the session in one transaction, and runs a statement that it prepares once per server connection.
func (f *foreign) look(tx pgx.Tx) error {
	f.looks++
	const want = `bouncer_login bouncer_login none "$user", public 0 off off read committed`
	if err := f.expect(tx, state, want); err != nil {
		return err
	}
	n := f.looks % 8
	var is bool
	err := tx.QueryRow(context.Background(), "SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = $1)",
		pgx.QueryExecModeExec, fmt.Sprint("foreign ", n)).Scan(&is)
	if err != nil {
		return err
	}
	if is {
		f.prepared++
	} else if _, err := tx.Exec(context.Background(), fmt.Sprintf(`PREPARE "foreign %d" AS SELECT 'foreign %d'`, n, n), pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	return f.expect(tx, fmt.Sprintf(`EXECUTE "foreign %d"`, n), fmt.Sprintf("foreign %d", n))
}

func (f *foreign) expect(tx pgx.Tx, sql, want string) error {
	var got string
	if err := tx.QueryRow(context.Background(), sql, pgx.QueryExecModeSimpleProtocol).Scan(&got); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s: got %q, want %q", sql, got, want)
	}
	return nil
}
