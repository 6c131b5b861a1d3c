package demo

import (
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// jwtSecret signs the demo's tokens. It is public.
	jwtSecret = "everybody may know the secret of the demo"
	// demoUser is the id of the user called demo.
	demoUser = "11111111-1111-4111-8111-111111111111"
)

// tokenRoles returns the roles that there are tokens for.
func tokenRoles() []string { return []string{"web_user", "web_anon"} }

// token returns a token of a role. That of web_user is the user's called demo. It does not expire.
func token(role string) (string, error) {
	claims := jwt.MapClaims{"role": role}
	if role == "web_user" {
		claims["sub"] = demoUser
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(jwtSecret))
}

// try is a suggestion: requests to send one after the other.
type try struct {
	shows    string
	requests []request
}

// request is a GET, or a POST of the form if there is one. user is set if it has the token of web_user.
type request struct {
	path, form string
	user       bool
}

// curl returns the command line that sends the request.
func (r request) curl(url string) string {
	line := fmt.Sprintf("curl '%s%s'", url, r.path)
	if r.form != "" {
		line += fmt.Sprintf(" -d '%s'", r.form)
	}
	if r.user {
		line += ` -H "Authorization: Bearer $TOKEN"`
	}
	return line
}

// tries returns the suggestions that the demo prints.
func tries() []try {
	return []try{
		{"A filter: long films from the sixties", []request{
			{path: "/films?year=gte.1960&year=lt.1970&minutes=gt.150&select=title,year,minutes"},
		}},
		{"Related rows (an embed): three films with their director and cast", []request{
			{path: "/films?limit=3&select=title,director:people!films_director_fkey(name),roles(character,people(name))"},
		}},
		{"A full-text search", []request{
			{path: "/films?search=wfts(english).lighthouse%20storm&select=title,synopsis&limit=5"},
		}},
		{"A function: what people who liked film 39 also like", []request{
			{path: "/rpc/similar_films?film_id=39&select=title,year&limit=5"},
		}},
		{"A schema change: a new view, which is served a moment later", []request{
			{path: "/rpc/publish_decade", form: "decade=1970"},
			{path: "/films_of_the_1970s?select=title,year&limit=3"},
		}},
		{"With a token: the watchlist of the user demo, which nobody else can see", []request{
			{path: "/watchlist?select=films(title,year)", user: true},
		}},
	}
}

// printWelcome prints how to use the demo. dsn is the superuser's connection string.
func (o *Options) printWelcome(dsn string) error {
	cc, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("reading the connection string: %w", err)
	}
	tokens := map[string]string{}
	for _, role := range tokenRoles() {
		if tokens[role], err = token(role); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.Out, `
The sample database is being served. Press Ctrl-C to stop; the data is kept. make demo-reset (or trunkline demo --reset)
deletes it.

  API            %[1]s
  documentation  %[2]s/docs (open it in a browser)
  metrics        %[2]s/metrics
  readiness      %[2]s/ready

Paste this into another terminal. It has what the requests below and the examples in docs/ need: where the database is,
for psql, and a token for the role web_user. Requests without a token run as the role web_anon.

  export PGHOST='%[3]s' PGPORT=%[4]d PGUSER=%[5]s PGDATABASE=%[6]s
  TOKEN=%[7]s

A token for the role web_anon, to try it in the documentation:

  %[8]s

Requests to try:
`, o.url(), o.adminURL(), cc.Host, cc.Port, cc.User, cc.Database, tokens["web_user"], tokens["web_anon"])
	for _, try := range tries() {
		var lines []string
		for _, r := range try.requests {
			lines = append(lines, r.curl(o.url()))
		}
		fmt.Fprintf(o.Out, "\n  # %s\n  %s\n", try.shows, strings.Join(lines, "; sleep 1; "))
	}
	fmt.Fprintln(o.Out, "\nThe gateway's log, with each request:")
	return nil
}
