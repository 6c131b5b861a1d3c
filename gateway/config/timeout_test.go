package config

import (
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// TestParseTimeout compares what is read of values with what PostgreSQL makes of them.
func TestParseTimeout(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t))
	for _, value := range []string{
		"0", "1", "1500", "10ms", "10s", " 10 s ", "1min", "1.5min", "2h", "1d", "900us", "400us", "500us", "1500us", "0.4", "2.5", "24d",
		"25d", "-1", "ten", "10S", "1 hour", "", "s", ".5s", "1e3", "2147483647", "2147483648",
	} {
		var shown string
		var milliseconds int64
		err := conn.QueryRow(t.Context(), "SELECT set_config('statement_timeout', $1, true)", value).Scan(&shown)
		if err == nil {
			err = conn.QueryRow(t.Context(), "SELECT (1000 * extract(epoch FROM $1::interval))::int8", shown).Scan(&milliseconds)
		}
		got, ok := ParseTimeout(value)
		if want := time.Duration(milliseconds) * time.Millisecond; ok != (err == nil) || ok && got != want {
			t.Errorf("%q: %v, %t; PostgreSQL %v, %v", value, got, ok, want, err)
		}
	}
}
