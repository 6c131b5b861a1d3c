package gateway

import (
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestReadableColumns selects what each role may read, of tables and of what is embedded in them.
func TestReadableColumns(t *testing.T) {
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		CREATE TABLE api.files (id int PRIMARY KEY, site_id int REFERENCES api.sites, title text, secret text, UNIQUE (title));
		INSERT INTO api.files VALUES (1, 1, 'plan', 'x'), (2, null, 'note', 'y');
		GRANT SELECT (id, title) ON api.files TO PUBLIC;
		GRANT SELECT (site_id), INSERT, DELETE ON api.files TO astronomer;
		GRANT SELECT ON api.files TO director;
		CREATE FUNCTION api.all_files() RETURNS SETOF api.files LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM api.files ORDER BY id'`); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t, `db-tx-end = "rollback"`, "db-aggregates-enabled = true")
	for _, tt := range []struct{ role, request, status, body string }{
		{"visitor", "GET /files?select=**&order=id", "200", `[{"id":1,"title":"plan"},{"id":2,"title":"note"}]`},
		{"visitor", "GET /files?select=*", "401", ""},
		{"astronomer", "GET /files?select=**&id=eq.1", "200", `[{"id":1,"site_id":1,"title":"plan"}]`},
		{"director", "GET /files?select=**&id=eq.1", "200", `[{"id":1,"site_id":1,"title":"plan","secret":"x"}]`},
		{"astronomer", "GET /files?select=t:title,**&id=eq.1", "200", `[{"t":"plan","id":1,"site_id":1,"title":"plan"}]`},
		{"astronomer", "GET /sites?select=id,files(**)&id=eq.1", "200", `[{"id":1,"files":[{"id":1,"title":"plan","site_id":1}]}]`},
		{"astronomer", "GET /sites?select=**&id=eq.1", "200", `[{"id":1,"name":"Paranal","altitude":2635}]`},
		{"visitor", "GET /diaries?select=**", "401", ""},
		{"visitor", "GET /files?select=**,count()&order=id&id=gt.1", "200", `[{"id":2,"title":"note","count":1}]`},
		{"visitor", "GET /rpc/all_files?select=**&id=eq.1", "200", `[{"id":1,"site_id":1,"title":"plan","secret":"x"}]`},
		{"astronomer", "DELETE /files?select=**&id=eq.1", "200", `[{"id":1,"site_id":1,"title":"plan"}]`},
	} {
		c := dial(t, address)
		c.send(tt.request + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nPrefer: return=representation\r\nAuthorization: Bearer " +
			db.token(t, tt.role) + "\r\n\r\n")
		status, _, body := c.receiveRaw("GET")
		if !strings.HasPrefix(status, tt.status) || tt.body != "" && withoutSpace(body) != withoutSpace(tt.body) {
			t.Errorf("%s as %s: %s\n got %s\nwant %s", tt.request, tt.role, status, body, tt.body)
		}
	}
}

// withoutSpace returns JSON without white space.
func withoutSpace(body string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(body) }
