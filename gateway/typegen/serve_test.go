package typegen

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/deploy/gatewaytest"
	"trunkline/deploy/localpg/pgtest"
)

const secret = "the secret of the tests, which nobody needs to keep"

// gateway is a running gateway on the sample database.
type gateway struct {
	dsn, url string
	token    string // of one of the sample's users
}

// serve runs the gateway on a new copy of the sample database until the test ends.
func serve(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{dsn: pgtest.Database(t, sample...)}
	binary, err := gatewaytest.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = []string{
		"PGRST_DB_URI=" + g.dsn, "PGRST_DB_SCHEMAS=api", "PGRST_DB_ANON_ROLE=web_anon", "PGRST_JWT_SECRET=" + secret,
		"PGRST_SERVER_HOST=127.0.0.1", "PGRST_SERVER_PORT=0",
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, ended := make(chan string, 1), make(chan struct{})
	go follow(log, address, ended)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = cmd.Wait() // it was killed
	})
	select {
	case g.url = <-address:
	case <-ended:
		t.Fatal("the gateway has ended")
	}
	g.token = signToken(t, g.dsn)
	return g
}

// follow reads a gateway's log to its end, and sends the address that is served.
func follow(log io.Reader, address chan<- string, ended chan<- struct{}) {
	defer close(ended)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if _, found, ok := strings.Cut(lines.Text(), "API server listening on "); ok {
			address <- "http://" + found
		}
	}
}

// signToken returns a token of one of the sample's users.
func signToken(t *testing.T, dsn string) string {
	t.Helper()
	var user string
	if err := pgtest.Conn(t, dsn).QueryRow(t.Context(), "select min(id::text) from api.users").Scan(&user); err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{"role": "web_user", "sub": user}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
