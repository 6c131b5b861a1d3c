package journal

import (
	"encoding/json"
	"net"
	"net/netip"
	"testing"
	"time"

	"trunkline/gateway/config"
)

func TestAccessLine(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("", -5*3600))
	a := Access{
		Client: netip.MustParseAddr("10.1.2.3"), Role: "web", Time: at,
		Method: "GET", Target: "/films?id=eq.1", Protocol: "HTTP/1.1", Status: 200, Size: 56, Referer: "http://r/", UserAgent: "curl/8",
	}
	for name, test := range map[string]struct {
		change func(*Access)
		want   string
	}{
		"usual": {
			func(*Access) {},
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"bare": {
			func(a *Access) { a.Role, a.Size, a.Referer, a.UserAgent = "", NoSize, "", "" },
			`10.1.2.3 - - [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 - "" ""`,
		},
		"no request": {
			func(a *Access) { a.Method, a.Status = "", 400 },
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "-" 400 56 "http://r/" "curl/8"`,
		},
		"address of version 6": {
			func(a *Access) { a.Client = netip.IPv6Loopback() },
			`::1 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"no address": {
			func(a *Access) { a.Client = netip.Addr{} },
			`- - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"details that were not asked for": {
			func(a *Access) { a.Took, a.Code = time.Second, "PGRST116" },
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"details": {
			func(a *Access) {
				a.Detailed, a.Details = true, Details{
					Took: 1500 * time.Microsecond, Database: time.Millisecond, Waited: 2 * time.Microsecond, Rows: 3, Counted: true,
					Code: "not one\nword", Aborted: true, IDs: IDs{"r-1", "4bf92f"},
				}
			},
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"` +
				` duration_ms=1.500 database_ms=1.000 waited_ms=0.002 rows=3 code="not one\x0aword" request_id=r-1 trace_id=4bf92f` +
				` aborted=true`,
		},
		"quotes": {
			func(a *Access) { a.Role, a.UserAgent = "a\nb", `x" 200 "\` },
			`10.1.2.3 - a\x0ab [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "x\" 200 \"\\"`,
		},
		"controls": {
			func(a *Access) { a.Target, a.UserAgent = "/é\u0085\u2028", "\u009b31m\xff" },
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /é\xc2\x85\xe2\x80\xa8 HTTP/1.1" 200 56 "http://r/" "\xc2\x9b31m` + "\xff\"",
		},
	} {
		changed := a
		test.change(&changed)
		if got := string(changed.appendText(nil)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
	a.Details = Details{
		Took: 1500 * time.Microsecond, Database: time.Millisecond, Rows: 0, Counted: true, Code: `"`, IDs: IDs{"r-1", "4bf92f"},
		Aborted: true,
	}
	var object map[string]any
	if err := json.Unmarshal(a.appendJSON(nil), &object); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"time": "2026-02-03T04:05:06.000000007-05:00", "level": "INFO", "type": "access", "client": "10.1.2.3", "role": "web", "method": "GET",
		"target": "/films?id=eq.1", "protocol": "HTTP/1.1", "status": 200.0, "size": 56.0, "referer": "http://r/", "user_agent": "curl/8",
		"duration_ms": 1.5, "database_ms": 1.0, "waited_ms": 0.0, "rows": 0.0, "code": `"`, "request_id": "r-1", "trace_id": "4bf92f",
		"aborted": true,
	} {
		if object[key] != want {
			t.Errorf("%s: %v, want %v", key, object[key], want)
		}
	}
}

// TestClientAddr shows which addresses of connections the log has.
func TestClientAddr(t *testing.T) {
	for want, addr := range map[string]net.Addr{
		"10.1.2.3": &net.TCPAddr{IP: net.ParseIP("::ffff:10.1.2.3"), Port: 4567},
		"::1":      &net.TCPAddr{IP: net.IPv6loopback},
		"-":        &net.UnixAddr{Name: "/run/x.sock"},
	} {
		if got := ClientText(addr); got != want {
			t.Errorf("%v: got %s, want %s", addr, got, want)
		}
	}
}

// TestAccessLevel shows that the level of a line is the one from which on it is written.
func TestAccessLevel(t *testing.T) {
	for status, want := range map[int]string{200: "INFO", 399: "INFO", 400: "WARN", 499: "WARN", 500: "ERROR", 503: "ERROR"} {
		if got := accessLevel(status).String(); got != want {
			t.Errorf("status %d: %s, want %s", status, got, want)
		}
	}
}

func TestLogged(t *testing.T) {
	for level, from := range map[config.LogLevel]int{
		config.LogCrit: 1000, config.LogError: 500, config.LogWarn: 400, config.LogInfo: 200, config.LogDebug: 200,
	} {
		for _, status := range []int{200, 204, 399, 400, 404, 499, 500, 503} {
			if got := Logged(level, status); got != (status >= from) {
				t.Errorf("level %d, status %d: %t", level, status, got)
			}
		}
	}
}
