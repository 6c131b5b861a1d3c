package gateway

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"trunkline/gateway/config"
	"trunkline/gateway/journal"
)

// TestAccessLog looks at what requests leave in the log.
func TestAccessLog(t *testing.T) {
	cfg := loadConfig(t, `log-level = "info"`)
	access := new(lines)
	addr := start(t, unloaded(t, cfg, access), cfg)
	c := dial(t, addr)
	c.send("GET /a%20b?c=\"d HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\nreferer: here\r\n\r\n")
	c.expectStatus(503)
	c.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
	c.receive(http.MethodHead)
	c.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n")
	c.expectStatus(500)
	c.send("OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nAccess-Control-Request-Method: PUT\r\n\r\n")
	c.expectStatus(200)
	c.send("OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: b\r\n\r\n")
	c.expectStatus(503)
	c.send("GET\r\n\r\n")
	c.expectRefusal(400)
	want := []string{
		`127\.0\.0\.1 - nobody \[.+\] "GET /a%20b\?c=\\"d HTTP/1\.1" 503 119 "here" "test"`,
		`127\.0\.0\.1 - nobody \[.+\] "HEAD / HTTP/1\.1" 503 119 "" ""`,
		`127\.0\.0\.1 - - \[.+\] "GET / HTTP/1\.1" 500 82 "" ""`,
		`127\.0\.0\.1 - nobody \[.+\] "OPTIONS /x HTTP/1\.1" 503 119 "" ""`,
		`127\.0\.0\.1 - - \[.+\] "-" 400 \d+ "" ""`,
	}
	got := strings.Split(strings.TrimSuffix(access.String(), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(got), len(want), access)
	}
	for i := range want {
		if !regexp.MustCompile("^" + want[i] + "$").MatchString(got[i]) {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

// TestUnavailabilityIsLogged shows that answers with status 503 tell the log why, from log-level error on.
func TestUnavailabilityIsLogged(t *testing.T) {
	const want = `{"code":"PGRST002","details":null,"hint":null,` +
		`"message":"Could not query the database for the schema cache. Retrying."}`
	for level, told := range map[string]int{"crit": 0, "error": 1, "warn": 1, "info": 1, "debug": 1} {
		cfg := loadConfig(t, `log-level = "`+level+`"`)
		log := new(lines)
		h := unloaded(t, cfg, io.Discard)
		h.Log = journal.NewLogger(log, func() *config.Config { return cfg })
		c := dial(t, start(t, h, cfg))
		c.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
		c.expectStatus(503)
		if got := strings.Count(log.String(), ": "+want+"\n"); got != told || strings.Count(log.String(), "\n") != told {
			t.Errorf("log-level %s: told %d times, want %d:\n%s", level, got, told, log)
		}
	}
}
