package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// jwtSecret signs the demo's tokens. It is public.
	jwtSecret = "everybody may know the secret of the demo"
	// demoUser is the id of the user called demo.
	demoUser = "11111111-1111-4111-8111-111111111111"
)

// demoToken returns a token of the user called demo. It does not expire.
func demoToken() (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": "web_user", "sub": demoUser})
	return token.SignedString([]byte(jwtSecret))
}

// try is a suggestion: requests to send one after the other.
type try struct {
	shows    string
	requests []request
}

// request is a GET, or a POST of the form if there is one.
type request struct{ path, form string }

// curl returns the command line that sends the request.
func (r request) curl(url string) string {
	if r.form == "" {
		return fmt.Sprintf("curl '%s%s'", url, r.path)
	}
	return fmt.Sprintf("curl '%s%s' -d '%s'", url, r.path, r.form)
}

// tries returns the suggestions that the demo prints.
func tries() []try {
	return []try{
		{"A filter: long films of the sixties", []request{
			{path: "/films?year=gte.1960&year=lt.1970&minutes=gt.150&select=title,year,minutes"},
		}},
		{"An embed: three films with director and cast", []request{
			{path: "/films?limit=3&select=title,director:people!films_director_fkey(name),roles(character,people(name))"},
		}},
		{"A full-text search", []request{
			{path: "/films?search=wfts(english).lighthouse%20storm&select=title,synopsis&limit=5"},
		}},
		{"A function: what those who liked film 39 like as well", []request{
			{path: "/rpc/similar_films?film_id=39&select=title,year&limit=5"},
		}},
		{"A change of the schema, a new view, is served a moment later", []request{
			{path: "/rpc/publish_decade", form: "decade=1970"},
			{path: "/films_of_the_1970s?select=title,year&limit=3"},
		}},
	}
}

// printWelcome prints how to use the demo.
func printWelcome(out io.Writer, url, token, dsn string) {
	fmt.Fprintf(out, "\nThe sample database is served on %s. Try, in another terminal:\n", url)
	for _, try := range tries() {
		var lines []string
		for _, r := range try.requests {
			lines = append(lines, r.curl(url))
		}
		fmt.Fprintf(out, "\n  # %s\n  %s\n", try.shows, strings.Join(lines, "; sleep 1; "))
	}
	fmt.Fprintf(out, `
As the user called demo, whose watchlist nobody else sees:

  TOKEN=%s
  curl '%s/watchlist?select=films(title,year)' -H "Authorization: Bearer $TOKEN"

The database itself: psql "%s"
Ctrl-C stops both; “make demo-reset” forgets the data.

`, token, url, dsn)
}
