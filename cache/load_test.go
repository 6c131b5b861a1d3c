package cache

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestLoadIsRepeatable(t *testing.T) {
	for _, file := range []string{"relations.sql", "keys.sql", "views.sql", "routines.sql", "computed.sql"} {
		conn := connect(t, file)
		o := Options{Schemas: []string{"sky", "attic"}}
		first, err := Load(t.Context(), conn, o)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Load(t.Context(), conn, o)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first, second) {
			t.Errorf("%s: two loads of the same database differ", file)
		}
	}
}

func TestLoadLeavesTheConnectionAsItWas(t *testing.T) {
	conn := connect(t, "relations.sql")
	if _, err := Load(t.Context(), conn, Options{Schemas: []string{"sky"}}); err != nil {
		t.Fatal(err)
	}
	var path, readOnly string
	query := "select current_setting('search_path'), current_setting('transaction_read_only')"
	if err := conn.QueryRow(t.Context(), query).Scan(&path, &readOnly); err != nil {
		t.Fatal(err)
	}
	if path != `"$user", public` || readOnly != "off" || conn.PgConn().TxStatus() != 'I' {
		t.Errorf("search path %s, read only %s, status %c", path, readOnly, conn.PgConn().TxStatus())
	}
}

func TestLoadVersion(t *testing.T) {
	c := loadCatalog(t, "relations.sql")
	if c.ServerVersion < minServerVersion || !strings.HasPrefix(c.ServerVersionText, "PostgreSQL ") {
		t.Errorf("version %d, %q", c.ServerVersion, c.ServerVersionText)
	}
}

func TestVersionError(t *testing.T) {
	for number, want := range map[int]string{
		139999: "PostgreSQL 13.99 is not supported, at least PostgreSQL 14 is needed",
		140000: "",
		180001: "",
	} {
		got := ""
		if err := checkVersion(number, "PostgreSQL 13.99"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("version %d: %q, want %q", number, got, want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		code    string
	}{
		{"unknown schema", Options{Schemas: []string{"sky", "no\"where"}}, "3F000"},
		{"unknown schema on the extra search path", Options{Schemas: []string{"sky"}, ExtraSearchPath: []string{"x"}}, "3F000"},
		{"bad pattern", Options{Schemas: []string{"sky"}, HoistedSettings: []string{"("}}, "2201B"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn := connect(t, "routines.sql")
			_, err := Load(t.Context(), conn, test.options)
			var postgres *pgconn.PgError
			if !errors.As(err, &postgres) || postgres.Code != test.code {
				t.Errorf("error is %v, want code %s", err, test.code)
			}
		})
	}
}

func TestLoadIsCancelled(t *testing.T) {
	conn := connect(t, "relations.sql")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(ctx, conn, Options{Schemas: []string{"sky"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// TestLoadNeedsNoPrivileges loads as a role that may see nothing.
func TestLoadNeedsNoPrivileges(t *testing.T) {
	conn := connect(t, "views.sql")
	want, err := Load(t.Context(), conn, Options{Schemas: []string{"sky"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "set role pg_monitor"); err != nil {
		t.Fatal(err)
	}
	got, err := Load(t.Context(), conn, Options{Schemas: []string{"sky"}})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("a role without privileges gets another catalog")
	}
}
