package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

// TestTimeouts asks for statement timeouts: they are bounded by those of the role and of the database, and those of a
// routine that are shorter stay. What is in force is read from the database instead of being waited for.
func TestTimeouts(t *testing.T) {
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	if _, err := conn.Exec(t.Context(), `
		CREATE FUNCTION api.timeout() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('statement_timeout') $$;
		CREATE FUNCTION api.own_timeout() RETURNS text LANGUAGE sql STABLE SET statement_timeout = '4s'
			AS $$ SELECT current_setting('statement_timeout') $$;
		CREATE VIEW api.timeouts AS SELECT current_setting('statement_timeout') AS timeout;
		GRANT SELECT ON api.timeouts TO visitor, astronomer`); err != nil {
		t.Fatal(err)
	}
	cfg := db.config(t)
	cfg.Roles.Settings = map[string][]cache.Setting{"astronomer": {{Name: "statement_timeout", Value: "10s"}}}
	cfg.Roles.StatementTimeout = 20 * time.Second
	c := dial(t, start(t, db.handler(t, cfg, io.Discard), cfg))
	for _, tt := range []struct{ role, target, prefer, status, body, applied string }{
		{"visitor", "/rpc/timeout", "handling=strict, timeout=7", "200", `"7s"`, "handling=strict, timeout=7"},
		{"visitor", "/rpc/timeout", "timeout=7, handling=strict", "200", `"7s"`, "handling=strict, timeout=7"},
		{"visitor", "/rpc/timeout", "handling=lenient, timeout=7", "200", `"0"`, "handling=lenient"},
		{"visitor", "/rpc/timeout", "timeout=7", "200", `"0"`, ""},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=-1", "200", `"0"`, "handling=strict"},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=0", "200", `"0"`, "handling=strict"},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=x", "200", `"0"`, "handling=strict"},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=2, timeout=3", "200", `"2s"`, "handling=strict, timeout=2"},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=20", "200", `"20s"`, "handling=strict, timeout=20"},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=21", "400", "The maximum timeout allowed is 20s", ""},
		{"visitor", "/rpc/timeout", "handling=strict, timeout=99999999999999999999", "400", "PGRST129", ""},
		{"astronomer", "/rpc/timeout", "handling=strict, timeout=10", "200", `"10s"`, "handling=strict, timeout=10"},
		{"astronomer", "/rpc/timeout", "handling=strict, timeout=11", "400", `{"code":"PGRST129","details":"The maximum timeout allowed is 10s","hint":"Reduce the timeout","message":"Timeout preference exceeded maximum allowed"}`, ""},
		{"astronomer", "/rpc/timeout", "", "200", `"10s"`, ""},
		{"visitor", "/rpc/own_timeout", "handling=strict, timeout=7", "200", `"4s"`, "handling=strict, timeout=7"},
		{"visitor", "/rpc/own_timeout", "handling=strict, timeout=3", "200", `"4s"`, "handling=strict, timeout=3"}, // the function sets it again
		{"astronomer", "/timeouts", "handling=strict, timeout=3", "200", `[{"timeout":"3s"}]`, "handling=strict, timeout=3"},
		{"astronomer", "/timeouts", "", "200", `[{"timeout":"10s"}]`, ""},
		{"visitor", "/sites?select=id&id=eq.1", "handling=strict, timeout=3, metrics=timings", "200", `[{"id":1}]`, "handling=strict, timeout=3, metrics=timings"},
	} {
		for range 3 { // and with statements that are prepared
			c.send(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nPrefer: %s\r\n\r\n", tt.target, db.token(t, tt.role), tt.prefer))
			response, body := c.receive(http.MethodGet)
			if fmt.Sprint(response.StatusCode) != tt.status || !strings.Contains(body, tt.body) || response.Header.Get("Preference-Applied") != tt.applied {
				t.Errorf("%s as %s, %s: %d %s, applied %q", tt.target, tt.role, tt.prefer, response.StatusCode, body, response.Header.Get("Preference-Applied"))
			}
			if timed := response.Header.Get("Server-Timing") != ""; timed != strings.Contains(tt.applied, "timings") {
				t.Errorf("%s: Server-Timing %q", tt.prefer, response.Header.Get("Server-Timing"))
			}
		}
	}
	c.send("GET /rpc/wait?seconds=3600 HTTP/1.1\r\nHost: a\r\nPrefer: handling=strict, timeout=1\r\n\r\n")
	if response, body := c.receive(http.MethodGet); response.StatusCode != 500 || !strings.Contains(body, "57014") {
		t.Errorf("a function that waits: %d %s", response.StatusCode, body)
	}
}
