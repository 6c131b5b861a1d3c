package journal

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"trunkline/gateway/config"
)

func TestAccessLine(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("", -5*3600))
	a := Access{
		Client: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 4567}, Role: "web", Time: at,
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
		"mapped address": {
			func(a *Access) { a.Client = &net.TCPAddr{IP: net.ParseIP("::ffff:10.1.2.3")} },
			`10.1.2.3 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"address of version 6": {
			func(a *Access) { a.Client = &net.TCPAddr{IP: net.IPv6loopback} },
			`::1 - web [03/Feb/2026:04:05:06 -0500] "GET /films?id=eq.1 HTTP/1.1" 200 56 "http://r/" "curl/8"`,
		},
		"quotes": {
			func(a *Access) { a.Role, a.UserAgent = "a\nb", `x" 200 "\` },
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
			if got := Logged(level, status); got != (status >= from) {
				t.Errorf("level %d, status %d: %t", level, status, got)
			}
		}
	}
}
