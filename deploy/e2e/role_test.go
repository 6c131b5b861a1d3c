package e2e

import (
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestSettingsOfRoles checks that the settings of a role apply to its requests, that they do not apply to other
// requests on the same connection, and that a reload of the configuration renews them.
func TestSettingsOfRoles(t *testing.T) {
	dsn := pgtest.Database(t, fixture)
	conn := pgtest.Conn(t, dsn)
	execute(t, conn, `DROP ROLE IF EXISTS e2e_patient;
		CREATE ROLE e2e_patient;
		GRANT e2e_patient TO e2e_login;
		ALTER ROLE e2e_patient SET statement_timeout = '43s';
		ALTER ROLE e2e_patient SET timezone = 'Asia/Tokyo'`)
	defer execute(t, conn, "DROP OWNED BY e2e_patient; DROP ROLE e2e_patient")
	execute(t, conn, "GRANT USAGE ON SCHEMA api TO e2e_patient")
	g := start(t, dsn, "PGRST_DB_POOL=1")
	g.settle()
	session := func(role string) string {
		a, err := g.ask(query{path: "/rpc/session", token: member(t, role, "joe")})
		if err != nil {
			t.Fatal(err)
		}
		return a.body
	}
	for range 3 {
		if got := session("e2e_patient"); !strings.Contains(got, `"43s"`) || !strings.Contains(got, `"Asia/Tokyo"`) {
			t.Errorf("the role's session is %s", got)
		}
		if got := session("e2e_user"); strings.Contains(got, `"43s"`) || strings.Contains(got, `"Asia/Tokyo"`) {
			t.Errorf("another role's session is %s", got)
		}
	}
	execute(t, conn, "ALTER ROLE e2e_patient SET statement_timeout = '44s'; NOTIFY pgrst, 'reload config'")
	g.eventually("the new timeout", func() bool { return strings.Contains(session("e2e_patient"), `"44s"`) })
}

// TestSettingsOfTheLoginRole changes settings of the login role. After a reload of either kind, with db-config and
// without, the pool's connections have them.
func TestSettingsOfTheLoginRole(t *testing.T) {
	for _, tt := range []struct{ name, config, notification string }{
		{"schema", "true", "reload schema"},
		{"config", "true", "reload config"},
		{"schema without db-config", "false", "reload schema"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dsn := pgtest.Database(t, fixture)
			conn := pgtest.Conn(t, dsn)
			g := start(t, dsn, "PGRST_DB_CONFIG="+tt.config)
			g.settle()
			session := func() string {
				a, err := g.ask(query{path: "/rpc/session", token: user(t, "joe")})
				if err != nil {
					t.Fatal(err)
				}
				return a.body
			}
			if got := session(); strings.Contains(got, `"47s"`) {
				t.Fatalf("the session is %s", got)
			}
			l := g.loadWith(4, thought, nil)
			execute(t, conn, inDatabase(t, conn, "SET statement_timeout = '47s'"))
			execute(t, conn, "NOTIFY pgrst, '"+tt.notification+"'")
			g.eventually("the new timeout", func() bool { return strings.Contains(session(), `"47s"`) })
			execute(t, conn, inDatabase(t, conn, "RESET statement_timeout"))
			execute(t, conn, "ALTER DATABASE "+conn.Config().Database+" SET statement_timeout = '48s'")
			execute(t, conn, "NOTIFY pgrst, '"+tt.notification+"'")
			g.eventually("the database's timeout", func() bool { return strings.Contains(session(), `"48s"`) })
			l.end()
		})
	}
}
