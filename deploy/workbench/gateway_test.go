//go:build browser

package workbench

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/deploy/freeport"
	"trunkline/deploy/gatewaytest"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/notify"
)

// secret signs the users' tokens.
const secret = "only for tests, but long enough for HS256"

// demoUser is the id of the user called demo in the sample database.
const demoUser = "11111111-1111-4111-8111-111111111111"

// binary is the executable that TestMain builds.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "trunkline-workbench")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if binary, err = gatewaytest.Build(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return pgtest.Run(m)
	}())
}

// gateway is a running executable. Both pages are served: that of the admin server at admin, that of the API at docs.
type gateway struct{ api, admin, docs, dsn string }

// sample serves the sample database, and odd that of testdata/odd.sql.
func sample(t *testing.T, environ ...string) *gateway {
	t.Helper()
	dsn := pgtest.Database(t, "../demo/sql/1_tables.sql", "../demo/sql/2_data.sql", "../demo/sql/3_logic.sql",
		"../demo/sql/4_access.sql", "testdata/sample.sql")
	return serve(t, dsn, append([]string{"PGRST_DB_SCHEMAS=api", "PGRST_DB_ANON_ROLE=web_anon"}, environ...)...)
}

func odd(t *testing.T, environ ...string) *gateway {
	t.Helper()
	dsn := pgtest.Database(t, "testdata/odd.sql")
	return serve(t, dsn, append([]string{"PGRST_DB_SCHEMAS=odd", "PGRST_DB_ANON_ROLE=odd_all"}, environ...)...)
}

// serve runs the executable until the test ends. What is written is rolled back unless environ says otherwise.
func serve(t *testing.T, dsn string, environ ...string) *gateway {
	t.Helper()
	conn := pgtest.Conn(t, dsn)
	if err := notify.InstallTriggers(t.Context(), conn, "pgrst"); err != nil {
		t.Fatal(err)
	}
	port, err := freeport.Find(2)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{dsn: dsn, api: "http://127.0.0.1:" + strconv.Itoa(port), admin: "http://127.0.0.1:" + strconv.Itoa(port+1) + "/docs"}
	g.docs = g.api + "/-/docs"
	command := exec.CommandContext(context.WithoutCancel(t.Context()), binary)
	command.Env = append([]string{
		"PGRST_DB_URI=" + dsn, "PGRST_JWT_SECRET=" + secret, "PGRST_DB_TX_END=rollback-allow-override", "PGRST_SERVER_HOST=127.0.0.1",
		"PGRST_SERVER_PORT=" + strconv.Itoa(port), "PGRST_ADMIN_SERVER_PORT=" + strconv.Itoa(port+1), "PGRST_OPENAPI_DOCS_PATH=/-/docs",
		"PGRST_DB_PLAN_ENABLED=true", "PGRST_URL_EXTENSIONS=true",
	}, environ...)
	var log strings.Builder
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("the gateway's log:\n%s", log.String())
		}
	})
	g.awaitReady(t)
	return g
}

func (g *gateway) awaitReady(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		answer, err := http.Get(strings.TrimSuffix(g.admin, "/docs") + "/ready")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the gateway is not ready")
}

// token returns a token of a role. Claims are more of it, by name.
func token(t *testing.T, role string, claims ...string) string {
	t.Helper()
	all := jwt.MapClaims{"role": role}
	for i := 0; i < len(claims); i += 2 {
		all[claims[i]] = claims[i+1]
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
