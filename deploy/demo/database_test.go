package demo

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestSampleIsWorthExploring(t *testing.T) {
	conn := sample(t)
	for table, least := range map[string]int{
		"people": 600, "films": 400, "film_genres": 600, "roles": 1500, "cinemas": 24, "screenings": 2000,
		"users": 200, "ratings": 2000, "watchlist": 500, "film_scores": 400, "genre_statistics": 16, "members": 200,
	} {
		if got := scan[int](t, conn, "SELECT count(*) FROM api."+table); got < least {
			t.Errorf("%s holds %d rows, want %d at least", table, got, least)
		}
	}
	for query, least := range map[string]int{
		"SELECT count(*) FROM api.films WHERE sequel_of IS NOT NULL":                                        20,
		"SELECT count(DISTINCT title) FROM api.films":                                                       250,
		"SELECT count(DISTINCT name) FROM api.people":                                                       500,
		"SELECT count(DISTINCT stars) FROM api.ratings":                                                     5,
		"SELECT count(*) FROM api.screenings WHERE lower(during) > now()":                                   500,
		"SELECT count(*) FROM api.films AS f, api.coming_screenings(f)":                                     500,
		"SELECT count(*) FROM api.films AS f, api.lead(f)":                                                  400,
		"SELECT count(*) FROM api.search_films('lighthouse storm')":                                         1,
		"SELECT count(*) FROM api.similar_films(39)":                                                        5,
		"SELECT count(*) FROM api.box_office()":                                                             100,
		"SELECT count(*) FROM api.people AS p WHERE api.age(p) > 90":                                        5,
		"SELECT count(*) FROM api.films AS f WHERE api.decade(f) = 1970":                                    20,
		"SELECT count(*) FROM api.films WHERE year BETWEEN 1960 AND 1969 AND minutes > 150":                 3,
		"SELECT count(*) FROM api.films WHERE search @@ websearch_to_tsquery('english','lighthouse storm')": 1,
	} {
		if got := scan[int](t, conn, query); got < least {
			t.Errorf("%s: %d, want %d at least", query, got, least)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	rows, err := sample(t).Query(t.Context(), `
		SELECT c.relname || coalesce('.' || a.attname, '')
		FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
		WHERE c.relnamespace = 'api'::regnamespace AND c.relkind IN ('r', 'v', 'm')
		  AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)
		UNION ALL
		SELECT proname::text FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND obj_description(oid) IS NULL`)
	if err != nil {
		t.Fatal(err)
	}
	undescribed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(undescribed) > 0 {
		t.Errorf("without a comment: %q", undescribed)
	}
}

func TestUsersSeeTheirOwn(t *testing.T) {
	conn := sample(t)
	become(t, conn, "web_user", demoUser)
	for _, own := range []struct {
		query string
		want  int
	}{
		{"SELECT count(*) FROM api.users", 1},
		{"SELECT count(*) FROM api.watchlist", 3},
		{"SELECT count(*) FROM api.members WHERE name = 'demo'", 1},
		{"SELECT count(*) FROM api.rate(1, 5::smallint, 'Again!')", 1},
		{"SELECT count(*) FROM api.ratings WHERE film_id = 1 AND review = 'Again!' AND user_id = '" + demoUser + "'", 1},
	} {
		if got := scan[int](t, conn, own.query); got != own.want {
			t.Errorf("%s: %d, want %d", own.query, got, own.want)
		}
	}
	requireRefused(t, conn, "INSERT INTO api.ratings (user_id, film_id, stars) SELECT id, 9, 1 FROM api.members WHERE name <> 'demo' LIMIT 1")
	requireRefused(t, conn, "UPDATE api.films SET title = 'mine'")
	requireRefused(t, conn, "UPDATE api.users SET id = gen_random_uuid()")
}

func TestAnonymousReads(t *testing.T) {
	conn := sample(t)
	become(t, conn, "web_anon", "")
	if got := scan[int](t, conn, "SELECT count(*) FROM api.ratings"); got == 0 {
		t.Error("anonymous sees no ratings")
	}
	for _, query := range []string{
		"SELECT * FROM api.users", "SELECT * FROM api.watchlist", "DELETE FROM api.ratings",
		"SELECT api.rate(1, 5::smallint)", "CREATE TABLE api.mine ()",
	} {
		requireRefused(t, conn, query)
	}
}

func TestPublishDecade(t *testing.T) {
	conn := sample(t)
	become(t, conn, "web_anon", "")
	for range 2 {
		if got := scan[string](t, conn, "SELECT api.publish_decade(1970)"); got != "films_of_the_1970s" {
			t.Errorf("publish_decade answers %q", got)
		}
	}
	if got := scan[int](t, conn, "SELECT count(*) FROM api.films_of_the_1970s WHERE year BETWEEN 1970 AND 1979"); got < 20 {
		t.Errorf("the decade's view holds %d films", got)
	}
	requireRefused(t, conn, "SELECT api.publish_decade(1975)")
}

func sample(t *testing.T) *pgx.Conn {
	t.Helper()
	files, err := filepath.Glob("sql/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return pgtest.Conn(t, pgtest.Database(t, files...))
}

// become does to the connection what the gateway does to a request's transaction.
func become(t *testing.T, conn *pgx.Conn, role, user string) {
	t.Helper()
	claims := ""
	if user != "" {
		claims = `{"sub":"` + user + `"}`
	}
	_, err := conn.Exec(t.Context(), `SELECT set_config('role', $1, false), set_config('request.jwt.claims', $2, false)`, role, claims)
	if err != nil {
		t.Fatal(err)
	}
}

func requireRefused(t *testing.T, conn *pgx.Conn, query string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), query); err == nil {
		t.Errorf("not refused: %s", query)
	}
}

func scan[T any](t *testing.T, conn *pgx.Conn, query string) T {
	t.Helper()
	var v T
	if err := conn.QueryRow(context.Background(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}
