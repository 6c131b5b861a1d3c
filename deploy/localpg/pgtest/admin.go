package pgtest

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
)

// administer runs SQL in the database postgres, on a connection that is kept for the next call: new ones take as
// much processor time as creating and dropping a database. Each text may hold several statements.
func administer(ctx context.Context, cluster *localpg.Cluster, texts ...string) error {
	conn, err := takeAdmin(ctx, cluster)
	if err != nil {
		return err
	}
	defer keepAdmin(conn)
	return executeOn(ctx, conn, texts)
}

// takeAdmin returns a kept connection that works, or else a new one. A test may have restarted the server or ended its
// connections.
func takeAdmin(ctx context.Context, cluster *localpg.Cluster) (*pgx.Conn, error) {
	for conn := popAdmin(); conn != nil; conn = popAdmin() {
		if conn.Ping(ctx) == nil {
			return conn, nil
		}
		_ = conn.Close(ctx)
	}
	return pgx.Connect(ctx, cluster.DSN("postgres"))
}

// popAdmin removes a kept connection, and returns it, or nil if there is none.
func popAdmin() *pgx.Conn {
	process.mu.Lock()
	defer process.mu.Unlock()
	n := len(process.admins)
	if n == 0 {
		return nil
	}
	conn := process.admins[n-1]
	process.admins = process.admins[:n-1]
	return conn
}

func keepAdmin(conn *pgx.Conn) {
	process.mu.Lock()
	defer process.mu.Unlock()
	process.admins = append(process.admins, conn)
}

// stop closes the kept connections and stops the cluster. It returns the process's exit code.
func stop(code int) int {
	for conn := popAdmin(); conn != nil; conn = popAdmin() {
		_ = conn.Close(context.Background()) // it may have ended with the server
	}
	process.mu.Lock()
	defer process.mu.Unlock()
	if process.cluster == nil {
		return code
	}
	if err := process.cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}
