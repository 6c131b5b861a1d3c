package gateway

import (
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestRelatedRowsOfPolicies asks for related rows under policies that show each role others, and for columns that
// nobody may read.
func TestRelatedRowsOfPolicies(t *testing.T) {
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		CREATE TABLE api.visits (id int PRIMARY KEY, site_id int REFERENCES api.sites, who text, fee int);
		INSERT INTO api.visits VALUES (1, 1, 'visitor', 5), (2, 2, 'astronomer', 5), (3, 3, 'astronomer', 6);
		ALTER TABLE api.visits ENABLE ROW LEVEL SECURITY;
		CREATE POLICY own ON api.visits USING (who = current_setting('request.jwt.claims')::json ->> 'role');
		GRANT SELECT (id, site_id, who) ON api.visits TO visitor, astronomer`); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t)
	for _, tt := range []struct{ role, target, status, body string }{
		{"visitor", "/sites?select=id&visits(id)=gt.0&order=id", "200", `[{"id":1}]`},
		{"astronomer", "/sites?select=id&visits(id)=gt.0&order=id", "200", `[{"id":2}, {"id":3}]`},
		{"astronomer", "/sites?select=id&visits()=is.null&order=id", "200", `[{"id":1}]`},
		{"astronomer", "/telescopes?select=id&sites(visits(who))=eq.visitor", "200", "[]"},
		{"visitor", "/telescopes?select=id&or=(sites(visits(who)).eq.visitor)", "200", `[{"id":1}]`},
		{"visitor", "/sites?select=id&visits(fee)=eq.5", "401", "permission denied for table visits"},
	} {
		c := dial(t, address)
		for range 3 { // and with statements that are prepared
			c.send("GET " + tt.target + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + db.token(t, tt.role) + "\r\n\r\n")
			status, _, body := c.receiveRaw("GET")
			if !strings.HasPrefix(status, tt.status) || !strings.Contains(compact(body), compact(tt.body)) {
				t.Errorf("%s as %s: %s\n%s", tt.target, tt.role, status, body)
			}
		}
	}
}
