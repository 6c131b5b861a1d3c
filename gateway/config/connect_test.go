package config

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

// clearPG removes libpq's variables for the test.
func clearPG(t *testing.T, set map[string]string) {
	t.Helper()
	for _, name := range []string{
		"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGAPPNAME", "PGSSLMODE",
		"PGSERVICE", "PGTARGETSESSIONATTRS",
	} {
		t.Setenv(name, set[name])
	}
}

// mistakeOf returns what is wrong with a connection string.
func mistakeOf(uri string) error {
	_, err := (&Config{DBURI: newSecret(uri)}).Connection()
	return err
}

func TestConnectionFromEnvironment(t *testing.T) {
	clearPG(t, map[string]string{
		"PGHOST": "one,two", "PGPORT": "5433", "PGUSER": "joe", "PGDATABASE": "db", "PGAPPNAME": "mine",
		"PGSSLMODE": "disable",
	})
	for _, uri := range []string{"postgresql://", "postgresql://?", ""} {
		cc, err := (&Config{DBURI: newSecret(uri)}).Connection()
		if err != nil {
			t.Fatal(err)
		}
		got := []string{cc.Host, cc.Fallbacks[0].Host, cc.User, cc.Database, cc.RuntimeParams["application_name"]}
		if want := []string{"one", "two", "joe", "db", "mine"}; !slices.Equal(got, want) || cc.Port != 5433 {
			t.Errorf("%q: got %q and port %d, want %q and port 5433", uri, got, cc.Port, want)
		}
	}
}

func TestConnectionParameters(t *testing.T) {
	clearPG(t, nil)
	tests := []struct {
		uri  string
		want string // application_name
	}{
		{"postgresql://host/db", "Trunkline 1.2"},
		{"postgresql://host/db?application_name=a", "a"},
		{"host=host fallback_application_name=b", "b"},
		{"host=host fallback_application_name=b application_name=a", "a"},
		{
			"host=host keepalives=1 keepalives_idle=30 keepalives_interval=5 keepalives_count=3 " +
				"gssencmode=prefer channel_binding=prefer sslcompression=0 tcp_user_timeout=1000 " +
				"client_encoding=latin1 load_balance_hosts=disable", "Trunkline 1.2",
		},
	}
	for _, test := range tests {
		cc, err := (&Config{DBURI: newSecret(test.uri), Version: "1.2"}).Connection()
		if err != nil {
			t.Errorf("%s: %v", test.uri, err)
			continue
		}
		want := map[string]string{"application_name": test.want, "client_encoding": "UTF8"}
		for name, value := range cc.RuntimeParams {
			if want[name] != value {
				t.Errorf("%s: %s=%s is sent to the server", test.uri, name, value)
			}
		}
		if got := cc.RuntimeParams["application_name"]; got != test.want {
			t.Errorf("%s: application_name is %q, want %q", test.uri, got, test.want)
		}
	}
}

func TestConnectionMistakes(t *testing.T) {
	clearPG(t, nil)
	for uri, want := range map[string]string{
		"tmp_db":                                "failed to parse as keyword/value",
		"postgresql://host:port/db":             "invalid port",
		"host=a gssencmode=require":             "gssencmode=require is not supported",
		"host=a requirepeer=postgres":           "requirepeer=postgres is not supported",
		"host=a scram_client_key=aHVzaA==":      "scram_client_key is not supported",
		"host=a keepalives_idle=soon":           "keepalives_idle=soon is not a number",
		"host=a tcp_user_timeout=10s":           "tcp_user_timeout=10s is not a number of milliseconds",
		"host=a tcp_user_timeout=3000000000":    "tcp_user_timeout=3000000000 is not a number of milliseconds",
		"host=a,b hostaddr=127.0.0.1":           "requires a host for each address",
		"host=a target_session_attrs=something": "unknown target_session_attrs value",
	} {
		err := mistakeOf(uri)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", uri, err, want)
		}
	}
	err := mistakeOf("postgresql://joe:hunter2@host:port/db")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestHostAddress(t *testing.T) {
	clearPG(t, nil)
	cc, err := (&Config{DBURI: newSecret("host=a,b hostaddr=127.0.0.1,::1")}).Connection()
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{"a": "127.0.0.1", "b": "::1"} {
		if got, err := cc.LookupFunc(t.Context(), host); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, %v; want %s", host, got, err, want)
		}
	}
}

// TestConnections connects with every kind of parameter, and to the second of two hosts.
func TestConnections(t *testing.T) {
	dsn := pgtest.DSN(t, "postgres")
	clearPG(t, nil)
	cc, err := (&Config{DBURI: newSecret(dsn)}).Connection()
	if err != nil {
		t.Fatal(err)
	}
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := refused.Addr().(*net.TCPAddr)
	if err := refused.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGUSER", cc.User)
	t.Setenv("PGHOST", nobody.IP.String()+","+cc.Host)
	t.Setenv("PGPORT", strconv.Itoa(nobody.Port)+","+strconv.Itoa(int(cc.Port)))
	c := &Config{DBURI: newSecret("postgresql:///postgres?keepalives_idle=30&keepalives_count=2&gssencmode=disable")}
	for name, get := range map[string]func() (string, error){
		"pool":     func() (string, error) { return connectedName(t, c.Connect) },
		"listener": func() (string, error) { return connectedName(t, c.ConnectListener) },
	} {
		if got, err := get(); err != nil || got != "Trunkline" {
			t.Errorf("%s: application_name is %q, %v; want %q", name, got, err, "Trunkline")
		}
	}
}

// connectedName connects and asks the server for application_name.
func connectedName(t *testing.T, connect func(context.Context) (*pgx.Conn, error)) (string, error) {
	t.Helper()
	conn, err := connect(t.Context())
	if err != nil {
		return "", err
	}
	defer cache.CloseConn(conn)
	var name string
	err = conn.QueryRow(t.Context(), "SELECT current_setting('application_name')").Scan(&name)
	return name, err
}
