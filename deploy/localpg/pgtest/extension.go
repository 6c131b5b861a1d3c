package pgtest

import (
	"context"
	"testing"
)

// HasExtension reports whether the extension can be created. Downloaded builds of PostgreSQL contain its own
// extensions, but not PostGIS.
func HasExtension(t testing.TB, name string) bool {
	t.Helper()
	conn := Conn(t, DSN(t, "postgres"))
	var has bool
	query := "select exists (select from pg_available_extensions where name = $1)"
	if err := conn.QueryRow(context.Background(), query, name).Scan(&has); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return has
}
