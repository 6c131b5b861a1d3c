package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

// bouncerMode is a PgBouncer to which the parameters of connections matter.
type bouncerMode struct {
	name    string
	session bool
	ignored []string
}

func bouncerModes() []bouncerMode {
	return []bouncerMode{
		{"transaction", false, nil},
		{"session", true, nil},
		{"transaction, ignoring parameters", false, ownParameters()},
		{"session, ignoring parameters", true, ownParameters()},
	}
}

// ownParameters are those that the gateway adds to every connection, and that PgBouncer does not know.
func ownParameters() []string {
	return []string{"default_transaction_isolation", "default_transaction_read_only", "jit"}
}

// TestParametersBehindPgBouncer has a database whose text is not UTF-8, and parameters in db-uri. They must hold for
// every request, although PgBouncer sets them on sessions that were started without them: behind other requests, and
// within a batch behind a function. Long statements must not be compiled, whether PgBouncer refuses the parameter or
// ignores it.
func TestParametersBehindPgBouncer(t *testing.T) {
	t.Parallel()
	for _, mode := range bouncerModes() {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			direct := latinDatabase(t)
			config, err := pgx.ParseConfig(direct)
			if err != nil {
				t.Fatal(err)
			}
			b := pgtest.Bouncer(t, localpg.BouncerOptions{
				PoolSize: 10, Users: []string{"bouncer_login"}, Session: mode.session, Ignored: mode.ignored,
			})
			g := start(t, direct, "PGRST_DB_URI="+b.DSN(config.Database, "bouncer_login")+" timezone=Asia/Tokyo application_name=named",
				"PGRST_DB_ANON_ROLE=bouncer_anon", "PGRST_DB_POOL=1", "PGRST_DB_CHANNEL_ENABLED=false")
			g.settle()
			wantsParameters(t, g)
			wantsNotCompiled(t, g)
			wantsLatin(t, g, pgtest.Conn(t, direct))
			if line := g.logged("has no equivalent"); line != "" {
				t.Errorf("the log has %q", line)
			}
		})
	}
}

// latinDatabase returns the superuser's connection string for a new database in LATIN1, which compiles expressions by
// default.
func latinDatabase(t *testing.T) string {
	t.Helper()
	general := pgtest.Database(t, bouncerFixture) // which has the roles
	conn := pgtest.Conn(t, general)
	name := conn.Config().Database + "_latin"
	execute(t, conn, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
	execute(t, conn, "ALTER DATABASE "+name+" SET jit = on") // unless a connection says otherwise
	t.Cleanup(func() {                                       // the context of the test has ended
		if _, err := conn.Exec(context.Background(), "DROP DATABASE "+name+" (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	dsn := general + " client_encoding=UTF8 dbname=" + name
	execute(t, pgtest.Conn(t, dsn), `CREATE SCHEMA api; GRANT USAGE ON SCHEMA api TO bouncer_anon;
		CREATE TABLE api.words (id int PRIMARY KEY, word text NOT NULL);
		INSERT INTO api.words VALUES (0, 'é'); GRANT ALL ON api.words TO bouncer_anon;
		CREATE FUNCTION api.parameters() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT concat_ws(' ',
			current_setting('client_encoding'), current_setting('timezone'), current_setting('application_name')) $$;
		CREATE FUNCTION api.jit(api.words) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT current_setting('jit') $$`)
	return dsn
}

// wantsParameters asks for the parameters often enough for each statement to be prepared, and alternates with a write.
func wantsParameters(t *testing.T, g *gateway) {
	t.Helper()
	for range 5 {
		g.wants("/rpc/parameters", http.StatusOK, `"UTF8 Asia/Tokyo named"`)
		if a, err := g.ask(query{method: "POST", path: "/words", body: `{"id":0,"word":"x"}`}); err != nil || a.status != http.StatusConflict {
			t.Errorf("%v %v", a, err)
		}
	}
}

// wantsNotCompiled sends a request whose statement is long enough for the time of its compilation to matter.
func wantsNotCompiled(t *testing.T, g *gateway) {
	t.Helper()
	var columns strings.Builder
	for i := range 300 {
		fmt.Fprintf(&columns, ",a%d:word", i)
	}
	if a := g.get("/words?id=eq.0&select=jit" + columns.String()); !strings.HasPrefix(a.body, `[{"jit":"off"`) {
		t.Errorf("%d %.100s", a.status, a.body)
	}
}

// wantsLatin writes and reads text that is more bytes in UTF-8 than in the database, alone and behind a function in a
// batch.
func wantsLatin(t *testing.T, g *gateway, conn *pgx.Conn) {
	t.Helper()
	for id := 1; id <= 4; id += 2 {
		g.wants("/words?id=eq.0&word=eq.%C3%A9", http.StatusOK, `[{"id":0,"word":"é"}]`)
		a, err := g.ask(query{method: "POST", path: "/words", body: fmt.Sprintf(`{"id":%d,"word":"ü"}`, id)})
		if err != nil || a.status != http.StatusCreated {
			t.Errorf("%v %v", a, err)
		}
		a, err = g.ask(query{
			method: "POST", path: "/", headers: map[string]string{"Content-Type": "application/vnd.trunkline.batch+json"},
			body: fmt.Sprintf(`[{"method":"POST","path":"/rpc/parameters"},{"method":"POST","path":"/words","body":{"id":%d,"word":"ü"}},
				{"method":"GET","path":"/words?id=eq.%[1]d"}]`, id+1),
		})
		if err != nil || a.status != http.StatusOK {
			t.Errorf("%v %v", a, err)
		}
	}
	var stored string
	const all = "SELECT string_agg(encode(convert_to(word, 'LATIN1'), 'hex'), ' ' ORDER BY id) FROM api.words"
	if err := conn.QueryRow(t.Context(), all).Scan(&stored); err != nil || stored != "e9 fc fc fc fc" {
		t.Errorf("the database has %s %v", stored, err)
	}
}
