package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/config"
)

// roleSetting is a setting of a role and values of it that are as far from the usual as may be.
type roleSetting struct {
	name   string
	values []string
}

// roleSettingsOf returns all settings that a role may have.
func roleSettingsOf(t *testing.T, conn *pgx.Conn) []roleSetting {
	t.Helper()
	rows, err := conn.Query(t.Context(), `
		SELECT name, CASE vartype
			WHEN 'bool' THEN ARRAY[CASE setting WHEN 'on' THEN 'off' ELSE 'on' END]
			WHEN 'enum' THEN enumvals
			WHEN 'string' THEN ARRAY[setting]
			ELSE ARRAY[min_val, max_val] END
		FROM pg_settings WHERE context IN ('user', 'superuser')
			-- see TestReadOnlyRole; ALTER ROLE refuses the others
			AND name NOT IN ('default_transaction_read_only', 'transaction_deferrable', 'transaction_isolation')
		ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s roleSetting, err error) {
		err = row.Scan(&s.name, &s.values)
		return s, err
	})
	if err != nil {
		t.Fatal(err)
	}
	chosen := map[string][]string{
		"DateStyle":       {"German, DMY", "SQL, MDY"},
		"TimeZone":        {"Asia/Kathmandu"},
		"client_encoding": {"LATIN1", "SQL_ASCII", "EUC_JP"},
		"max_stack_depth": {"100"}, // what is too much depends on the machine
		"search_path":     {"", "pg_catalog", "nowhere", "pg_temp"},
	}
	for i := range all {
		if values, ok := chosen[all[i].name]; ok {
			all[i].values = values
		}
	}
	return append(all,
		roleSetting{"role", []string{"director", "gatekeeper"}},
		roleSetting{"app.tenant", []string{"", "ü"}},
		roleSetting{"request.jwt.claims", []string{`{"role":"director"}`}},
		roleSetting{"plpgsql.variable_conflict", []string{"use_column"}},
	)
}

// change returns how a role is given the setting's value of a round.
func (s *roleSetting) change(round int) string {
	value := s.values[round]
	if s.name != "search_path" || value == "" {
		value = "'" + value + "'"
	}
	return "SET " + s.name + " = " + value
}

// roleTester has requests of one role, whose settings change.
type roleTester struct {
	t       *testing.T
	conn    *pgx.Conn
	store   *config.Store
	handler *Handler
	client  *client
	token   string
}

const tested = "gateway_tested"

func newRoleTester(t *testing.T) *roleTester {
	t.Helper()
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	r := &roleTester{t: t, conn: conn, token: db.token(t, tested)}
	r.exec("DROP ROLE IF EXISTS " + tested)
	r.exec("CREATE ROLE " + tested + "; GRANT " + tested + ` TO gatekeeper; GRANT USAGE ON SCHEMA api TO ` + tested + `;
		CREATE TABLE api.notes (id int PRIMARY KEY, note text);
		CREATE TABLE api.footnotes (id int PRIMARY KEY, note int REFERENCES api.notes, remark text);
		INSERT INTO api.notes VALUES (1, 'Zürich – 東京'), (2, 'back\slash'), (3, NULL);
		INSERT INTO api.footnotes VALUES (1, 1, 'ça va');
		CREATE FUNCTION api.echo(said text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN said; END';
		CREATE FUNCTION api.tenant() RETURNS text LANGUAGE sql STABLE
			AS 'SELECT coalesce(nullif(current_setting(''app.tenant'', true), ''''), ''none'')';
		GRANT ALL ON api.notes, api.footnotes TO ` + tested)
	t.Cleanup(func() {
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, db.dsn)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "DROP OWNED BY "+tested+"; DROP ROLE "+tested); err != nil {
			t.Error(err)
		}
	})
	file := filepath.Join(t.TempDir(), "trunkline.conf")
	text := fmt.Sprintf("db-uri = %q\ndb-schemas = \"api\"\ndb-anon-role = \"visitor\"\njwt-secret = %q",
		db.dsn+" user=gatekeeper", secret)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loader := config.NewLoader(config.Options{File: file, Version: "1.2.3"})
	cfg, err := loader.Load()
	if err != nil {
		t.Fatal(err)
	}
	r.store = config.NewStore(loader, cfg)
	r.handler = db.handler(t, cfg, io.Discard)
	r.client = dial(t, start(t, r.handler, cfg))
	return r
}

func (r *roleTester) exec(sql string) {
	r.t.Helper()
	if _, err := r.conn.Exec(r.t.Context(), sql); err != nil {
		r.t.Fatalf("%v in %s", err, sql)
	}
}

// set changes the role, and puts what it is then into force.
func (r *roleTester) set(changes ...string) {
	r.t.Helper()
	for _, change := range changes {
		r.exec("ALTER ROLE " + tested + " " + change)
	}
	outcome, err := r.store.Reload(r.t.Context())
	if err != nil || outcome != (config.Outcome{}) {
		r.t.Fatalf("%v, %+v", err, outcome)
	}
	r.handler.Configure(r.store.Current(), newAuthenticator(r.t, r.store.Current()))
}

// ask returns the answer to a request of the role.
func (r *roleTester) ask(method, path, body string) string {
	r.t.Helper()
	if err := r.client.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	r.client.send(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Prefer: return=representation\r\nContent-Length: %d\r\n\r\n%s", method, path, r.token, len(body), body))
	response, answer := r.client.receive(method)
	return fmt.Sprintf("%d %s", response.StatusCode, answer)
}

// conversation is a read of each kind, writes that leave nothing, a call and a mistake.
func (r *roleTester) conversation() (answers []string) {
	r.t.Helper()
	for _, q := range [][3]string{
		{http.MethodGet, "/notes?order=id", ""},
		{http.MethodGet, "/notes?select=id,note,footnotes(remark)&id=in.(1,2)&order=note.desc.nullslast&limit=1", ""},
		{http.MethodGet, "/notes?select=id&note=eq.back%5Cslash", ""},
		{http.MethodPost, "/notes", `[{"id":4,"note":"née \\ \"q\""}]`},
		{http.MethodPatch, "/notes?id=eq.4", `{"note":null}`},
		{http.MethodDelete, "/notes?id=eq.4", ""},
		{http.MethodPost, "/rpc/echo", `{"said":"straße \\"}`},
		{http.MethodPost, "/notes", `{"id":"x"}`},
		{http.MethodGet, "/notes?select=id&id=eq.1", ""},
	} {
		answers = append(answers, q[0]+" "+q[1]+": "+r.ask(q[0], q[1], q[2]))
	}
	return answers
}

// TestEverySettingOfARole gives a role each setting there is, with each of its values: its requests must be answered as
// ever. The settings are in force together, and one by one only if that fails.
func TestEverySettingOfARole(t *testing.T) {
	if testing.Short() {
		t.Skip("two conversations with each of 150 settings take long")
	}
	r := newRoleTester(t)
	usual := r.conversation()
	if len(usual) != 9 || usual[8] != `GET /notes?select=id&id=eq.1: 200 [{"id":1}]` {
		t.Fatalf("%q", usual)
	}
	all := roleSettingsOf(t, r.conn)
	if len(all) < 150 {
		t.Fatalf("%d settings", len(all))
	}
	for round, more := 0, true; more; round++ {
		var changes, names []string
		more = false
		for _, s := range all {
			more = more || round+1 < len(s.values)
			if round < len(s.values) {
				changes, names = append(changes, s.change(round)), append(names, s.name)
			}
		}
		r.set(changes...)
		t.Logf("round %d", round)
		if slices.Equal(r.conversation(), usual) {
			continue
		}
		r.exec("ALTER ROLE " + tested + " RESET ALL")
		for i, change := range changes {
			r.set(change)
			for i, answer := range r.conversation() {
				if answer != usual[i] {
					t.Errorf("%s: %s, want %s", change, answer, usual[i])
				}
			}
			r.exec("ALTER ROLE " + tested + " RESET " + names[i])
		}
		if !t.Failed() {
			t.Error("all settings together do harm")
		}
		return
	}
}

// TestReadOnlyRole has writes of a role refused whose transactions are read-only, as if it had logged in.
func TestReadOnlyRole(t *testing.T) {
	r := newRoleTester(t)
	expect := func(method, path, body, want string) {
		t.Helper()
		if got := r.ask(method, path, body); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%s %s: %s, want %s", method, path, got, want)
		}
	}
	database := r.conn.Config().Database
	for range 2 {
		r.set("IN DATABASE " + database + " SET default_transaction_read_only = true")
		expect(http.MethodPost, "/notes", `{"id":5}`, `405 {"code":"25006"`)
		expect(http.MethodPut, "/notes?id=eq.5", `{"id":5}`, `405 {"code":"25006"`) // which is checked before it commits
		expect(http.MethodPatch, "/notes?id=eq.1", `{"note":"x"}`, `405 {"code":"25006"`)
		expect(http.MethodDelete, "/notes?id=eq.1", "", `405 {"code":"25006"`)
		expect(http.MethodGet, "/notes?select=id&id=eq.1", "", `200 [{"id":1}]`)
		expect(http.MethodPost, "/rpc/echo", `{"said":"x"}`, `200 "x"`)
		r.set("IN DATABASE " + database + " SET default_transaction_isolation = serializable")
		expect(http.MethodPost, "/notes", `{"id":5}`, `405 {"code":"25006"`)
		r.set("IN DATABASE " + database + " RESET ALL")
		expect(http.MethodPost, "/notes", `{"id":5}`, `201 `)
		expect(http.MethodDelete, "/notes?id=eq.5", "", `200 `)
	}
}

// TestCustomSettingOfARole is seen in the role's requests and in nobody else's.
func TestCustomSettingOfARole(t *testing.T) {
	r := newRoleTester(t)
	r.set("SET app.tenant = 'everywhere'")
	if got := r.ask(http.MethodGet, "/rpc/tenant", ""); got != `200 "everywhere"` {
		t.Errorf("for all databases: %s", got)
	}
	r.set("IN DATABASE " + r.conn.Config().Database + " SET app.tenant = 'here'")
	for range 8 { // each connection of the pool
		if got := r.ask(http.MethodGet, "/rpc/tenant", ""); got != `200 "here"` {
			t.Errorf("for this database: %s", got)
		}
		r.client.send("GET /rpc/tenant HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, body := r.client.receive(http.MethodGet); body != `"none"` {
			t.Errorf("for the anonymous role: %s", body)
		}
	}
}
