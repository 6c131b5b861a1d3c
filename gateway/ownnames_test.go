package gateway

import (
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestRelationsNamedLikeAliases embeds relations whose names are those that the gateway would give to others, and
// selects aggregates that are named like columns.
func TestRelationsNamedLikeAliases(t *testing.T) {
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		CREATE TABLE api.kid_1 (id int PRIMARY KEY, count int);
		CREATE TABLE api.kid (id int PRIMARY KEY, p int REFERENCES api.kid_1);
		CREATE TABLE api.kin (a int REFERENCES api.kid_1, b int REFERENCES api.kid, PRIMARY KEY (a, b));
		CREATE TABLE api.other (id int PRIMARY KEY);
		CREATE TABLE api.kid_2 (a int REFERENCES api.other, b int REFERENCES api.kid, PRIMARY KEY (a, b));
		INSERT INTO api.kid_1 VALUES (1, 7), (2, null), (3, 8);
		INSERT INTO api.kid VALUES (1, 3), (2, 1), (3, 1);
		INSERT INTO api.kin VALUES (2, 2), (3, 3);
		INSERT INTO api.other VALUES (1), (2);
		INSERT INTO api.kid_2 VALUES (1, 2), (2, 3);
		GRANT SELECT, UPDATE ON api.kid_1, api.kid, api.kin, api.other, api.kid_2 TO visitor`); err != nil {
		t.Fatal(err)
	}
	address := db.serve(t, `db-tx-end = "rollback"`, "db-aggregates-enabled = true", "url-extensions = true")
	for request, want := range map[string]string{
		"GET /kid_1?id=eq.1&select=kid!kid_p_fkey(id,kid_1!kin(id))&kid.order=id":  `[{"kid":[{"id":2,"kid_1":[{"id":2}]},{"id":3,"kid_1":[{"id":3}]}]}]`,
		"PATCH /kid_1?id=eq.1&select=kid!kid_p_fkey(id)":                           `[{"kid":[{"id":2},{"id":3}]}]`,
		"PATCH /kid_1?id=eq.1&select=kid!kid_p_fkey(id,kid_1!kin(id))&kid.id=gt.2": `[{"kid":[{"id":3,"kid_1":[{"id":3}]}]}]`,
		"GET /kin?b=eq.3&select=kid(other(id))":                                    `[{"kid":{"other":[{"id":2}]}}]`,
		"GET /kid_1?id=eq.3&select=kin(kid(other(id)))":                            `[{"kin":[{"kid":{"other":[{"id":2}]}}]}]`,
		"GET /kid_2?b=eq.2&select=kid(kid_2(a))":                                   `[{"kid":{"kid_2":[{"a":1}]}}]`,

		"GET /kid_1?select=*,count()&count.id=gt.1&order=id":                                   `[{"id":1,"count":7,"count":0},{"id":2,"count":null,"count":1},{"id":3,"count":8,"count":1}]`,
		"GET /kid_1?select=*,count()&count=gt.0&count.id=gt.1&order=id":                        `[{"id":2,"count":null,"count":1},{"id":3,"count":8,"count":1}]`,
		"GET /kid_1?select=id,kid!kid_p_fkey(n:count())&kid.n=gt.1&order=kid(id).desc&limit=2": `[{"id":2,"kid":[]},{"id":1,"kid":[{"n":2}]}]`,
		"GET /kid_1?select=id,kid!kid_p_fkey(count())&after=&limit=1":                          `[{"id":1,"kid":[{"count":2}]}]`,
	} {
		method, _, _ := strings.Cut(request, " ")
		c := dial(t, address)
		c.send(request + " HTTP/1.1\r\nHost: a\r\nPrefer: return=representation\r\nContent-Length: 11\r\n\r\n" + `{"count":5}`)
		status, _, got := c.receiveRaw(method)
		if !strings.HasPrefix(status, "200") || withoutSpace(got) != want {
			t.Errorf("%s: %s\n got %s\nwant %s", request, status, got, want)
		}
	}
}
