package gateway

import (
	"encoding/json"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"trunkline/gateway/config"
)

func TestAccessLine(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("", -5*3600))
	a := access{
		client: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 4567}, role: "web", time: at,
		method: "GET", target: "/films?id=eq.1", protocol: "HTTP/1.1", status: 200, size: 56, referer: "http://r/", userAgent: "curl/8",
	}
	for name, test := range map[string]struct {
		change func(*access)
		want   string
	}{
		"usual": {
			func(*access) {},
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"bare": {
			func(a *access) { a.role, a.size, a.referer, a.userAgent = "", noSize, "", "" },
			`10.1.2.3 - - [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 - "" ""`,
		},
		"no request": {
			func(a *access) { a.method, a.status = "", 400 },
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "-" 400 56 "http://r/" "curl/8"`,
		},
		"mapped address": {
			func(a *access) { a.client = &net.TCPAddr{IP: net.ParseIP("::ffff:10.1.2.3")} },
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"address of version 6": {
			func(a *access) { a.client = &net.TCPAddr{IP: net.IPv6loopback} },
			`::1 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"quotes": {
			func(a *access) { a.role, a.userAgent = "a\nb", `x" 200 "\` },
			`10.1.2.3 - a\x0ab [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "x\" 200 \"\\"`,
		},
	} {
		changed := a
		test.change(&changed)
		if got := string(changed.appendText(nil)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
	var object map[string]any
	if err := json.Unmarshal(a.appendJSON(nil), &object); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"time": "2026-02-03T04:05:06.000000007-05:00", "level": "ACCESS", "client": "10.1.2.3", "role": "web", "method": "GET",
		"target": "/films?id=eq.1", "protocol": "HTTP/1.1", "status": 200.0, "size": 56.0, "referer": "http://r/", "user_agent": "curl/8",
	} {
		if object[key] != want {
			t.Errorf("%s: %v, want %v", key, object[key], want)
		}
	}
}

func TestLogged(t *testing.T) {
	for level, from := range map[config.LogLevel]int{
		config.LogCrit: 1000, config.LogError: 500, config.LogWarn: 400, config.LogInfo: 200, config.LogDebug: 200,
	} {
		for _, status := range []int{200, 204, 399, 400, 404, 499, 500, 503} {
			if got := logged(level, status); got != (status >= from) {
				t.Errorf("level %d, status %d: %t", level, status, got)
			}
		}
	}
}

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
