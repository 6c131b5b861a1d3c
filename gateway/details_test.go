package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"trunkline/gateway/config"
	"trunkline/gateway/journal"
)

// detailed serves the fixture with both logs in one text, whose lines are in the order in which they were written.
func (f *fixture) detailed(t *testing.T, changes ...string) (addr string, log *lines) {
	t.Helper()
	cfg := f.config(t, append([]string{`log-level = "info"`}, changes...)...)
	log = new(lines)
	h := f.handler(t, cfg, log)
	h.Log = journal.NewLogger(log, func() *config.Config { return cfg })
	return start(t, h, cfg), log
}

// TestDetails looks at what the access lines of requests tell beyond those of PostgREST.
func TestDetails(t *testing.T) {
	const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	const times = ` duration_ms=\d+\.\d{3} database_ms=\d+\.\d{3} waited_ms=\d+\.\d{3}`
	const ids = ` request_id=r-1 trace_id=4bf92f3577b34da6a3ce929d0e0e4736`
	addr, log := fixedDatabase(t).detailed(t, "log-details = true", `server-request-id-header = "X-Request-Id"`, `db-plan-enabled = true`)
	for _, test := range []struct {
		request, body string
		status        int
		want          string
	}{
		{"GET /sites?limit=2", "", 200, times + " rows=2" + ids},
		{"HEAD /sites?limit=2", "", 200, times + " rows=2" + ids},
		{"GET /sites?id=eq.0", "", 200, times + " rows=0" + ids},
		{"GET /nothing", "", 404, ` duration_ms=\d+\.\d{3} code=PGRST205` + ids + ` see=docs/reference/errors\.md#pgrst205`},
		{"GET /sites?nothing=eq.1", "", 400, times + " code=42703" + ids + ` see=docs/reference/errors\.md#errors-of-the-database`},
		{"GET /", "", 200, times + ids},
		{"POST /rpc/raise", `{"code":"XX000","message":"broken"}`, 500, times + " code=XX000" + ids + ` see=docs/reference/errors\.md#errors-of-the-database`},
		{"OPTIONS /sites", "", 200, ` duration_ms=\d+\.\d{3}` + ids},
	} {
		before := log.String()
		c := dial(t, addr)
		c.send(fmt.Sprintf("%s HTTP/1.1\r\nHost: a\r\nx-request-id: r-1\r\ntraceparent: %s\r\nContent-Length: %d\r\n\r\n%s",
			test.request, trace, len(test.body), test.body))
		method, _, _ := strings.Cut(test.request, " ")
		response, _ := c.receive(method)
		if response.StatusCode != test.status || response.Header.Get("X-Request-Id") != "r-1" {
			t.Errorf("%s: status %d, id %q", test.request, response.StatusCode, response.Header.Get("X-Request-Id"))
		}
		got := lastLine(strings.TrimPrefix(log.String(), before))
		if !regexp.MustCompile(`" \d+ (?:\d+|-) "" ""` + test.want + "$").MatchString(got) {
			t.Errorf("%s: logged %s\nwant %s", test.request, got, test.want)
		}
	}
	if !strings.Contains(log.String(), `"message":"broken"}`+ids+" see=docs/reference/errors.md#errors-of-the-database\n") {
		t.Errorf("the line of a failure has no ids:\n%s", log)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	return lines[len(lines)-1]
}

// TestIDsOfStatements shows that the lines of statements have the ids of their request, if that was asked for.
func TestIDsOfStatements(t *testing.T) {
	db := fixedDatabase(t)
	for setting, want := range map[string]string{
		"log-details = true": ` request_id=r-1`, `log-format = "json"`: `,"request_id":"r-1"}`, "log-details = false": "",
	} {
		addr, log := db.detailed(t, "log-query = true", `server-request-id-header = "X-Request-Id"`, setting)
		c := dial(t, addr)
		c.send("GET /sites HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-1\r\n\r\n")
		c.expectStatus(200)
		statements := 0
		for line := range strings.Lines(log.String()) {
			if !strings.Contains(line, "SELECT") {
				continue
			}
			statements++
			if got := strings.Contains(line, "r-1"); got != (want != "") || !strings.HasSuffix(line, want+"\n") {
				t.Errorf("%s: logged %s", setting, line)
			}
		}
		if statements != 2 {
			t.Errorf("%s: %d statements:\n%s", setting, statements, log)
		}
	}
}

// TestRequestID shows which ids are taken, and that SQL sees those that are made.
func TestRequestID(t *testing.T) {
	made := regexp.MustCompile("^[0-9a-f]{32}$")
	addr, _ := fixedDatabase(t).detailed(t, `server-request-id-header = "X-Request-Id"`, `server-trace-header = "x-request-id"`)
	seen := make(map[string]bool)
	for _, test := range []struct {
		headers string
		want    string
	}{
		{"", ""},
		{"", ""},
		{"X-Request-Id: 4bf9-.~_:/+=@Z\r\n", "4bf9-.~_:/+=@Z"},
		{"X-REQUEST-ID: two words\r\n", ""},
		{"X-Request-Id: \"\r\n", ""},
		{"X-Request-Id:\r\n", ""},
		{"X-Request-Id: " + strings.Repeat("x", 128) + "\r\n", strings.Repeat("x", 128)},
		{"X-Request-Id: " + strings.Repeat("x", 129) + "\r\n", ""},
		{"X-Request-Id: a\r\nX-Request-Id: b\r\n", "b"}, // as in request.headers
	} {
		c := dial(t, addr)
		c.send("GET /rpc/requested HTTP/1.1\r\nHost: a\r\n" + test.headers + "\r\n")
		response, body := c.receive(http.MethodGet)
		got := response.Header.Values("X-Request-Id")
		if len(got) != 1 || response.StatusCode != 200 {
			t.Fatalf("%q: status %d, ids %q", test.headers, response.StatusCode, got)
		}
		if test.want != "" && got[0] != test.want || test.want == "" && (!made.MatchString(got[0]) || seen[got[0]]) {
			t.Errorf("%q: the id is %q, want %q", test.headers, got[0], test.want)
		}
		if !strings.Contains(body, `"x-request-id":"`+got[0]+`"`) {
			t.Errorf("%q: functions see %s", test.headers, body)
		}
		seen[got[0]] = true
	}
}

// TestClientBehindProxies shows whose word for a client's address is taken.
func TestClientBehindProxies(t *testing.T) {
	db := fixedDatabase(t)
	for _, test := range []struct{ trusted, headers, want string }{
		{"", "X-Forwarded-For: 1.1.1.1\r\n", "127.0.0.1"},
		{"10.0.0.0/8", "X-Forwarded-For: 1.1.1.1\r\n", "127.0.0.1"},
		{"127.0.0.1", "X-Forwarded-For: 1.1.1.1\r\n", "1.1.1.1"},
		{"127.0.0.1", "", "127.0.0.1"},
		{"127.0.0.1", "X-Forwarded-For: 6.6.6.6, 1.1.1.1\r\n", "1.1.1.1"},
		{"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 6.6.6.6, 1.1.1.1,10.2.3.4\r\n", "1.1.1.1"},
		{"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 1.1.1.1 , 10.2.3.4\r\n", "1.1.1.1"},
		{"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 10.9.9.9, 10.2.3.4\r\n", "10.9.9.9"},
		{"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 1.1.1.1, evil\" 200, 10.2.3.4\r\n", "10.2.3.4"},
		{"127.0.0.1", "X-Forwarded-For: 1.1.1.1:4567\r\n", "1.1.1.1"},
		{"127.0.0.1", "X-Forwarded-For: [2001:db8::1]:4567\r\n", "2001:db8::1"},
		{"127.0.0.1", "X-Forwarded-For: fe80::1%x\" 200 9\r\n", "fe80::1"},
		{"127.0.0.1", "X-Forwarded-For: [fe80::1%x\"]:4567\r\n", "fe80::1"},
		{"127.0.0.1", "X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1"},
		{"127.0.0.1", "X-Forwarded-For: ::ffff:1.1.1.1\r\n", "1.1.1.1"},
		{"127.0.0.1", "X-Forwarded-For: ,\r\n", "127.0.0.1"},
	} {
		addr, log := db.detailed(t, `server-trusted-proxies = "`+test.trusted+`"`)
		c := dial(t, addr)
		c.send("GET /sites HTTP/1.1\r\nHost: a\r\n" + test.headers + "\r\n")
		c.expectStatus(200)
		if got, _, _ := strings.Cut(log.String(), " "); got != test.want {
			t.Errorf("%+v: the client is %s", test, got)
		}
	}
}

// TestClientBehindUnixProxy shows the address of a client whose proxy uses the unix socket.
func TestClientBehindUnixProxy(t *testing.T) {
	for trusted, want := range map[string]string{"127.0.0.1": "-", "unix": "1.1.1.1"} {
		cfg := loadConfig(t, `log-level = "info"`, `server-trusted-proxies = "`+trusted+`"`)
		access := new(lines)
		path := filepath.Join(t.TempDir(), "s")
		ln, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		stop := run(t, NewServer(unloaded(t, cfg, access), cfg, discardLog()), ln)
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Fatal(err)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(access.String(), " "); got != want {
			t.Errorf("%s: the client is %s, want %s", trusted, got, want)
		}
	}
}

// TestLinesOfStreams shows that the line of a streamed answer is written when it has been sent, with its size.
func TestLinesOfStreams(t *testing.T) {
	db := fixedDatabase(t)
	for accept, version := range map[string]string{"application/json": "1.1", "application/x-ndjson": "1.1", "text/csv": "1.0"} {
		addr, log := db.detailed(t, `log-format = "json"`, "server-stream-threshold = 1", "log-slow-request = 1")
		c := dial(t, addr)
		c.send("GET /telescopes HTTP/" + version + "\r\nHost: a\r\nConnection: close\r\nAccept: " + accept + "\r\n\r\n")
		_, body := c.receive(http.MethodGet)
		until(t, func() bool { return strings.Contains(log.String(), `"type":"access"`) })
		var line struct {
			Size       int
			Target     string
			DurationMS float64 `json:"duration_ms"`
		}
		if err := json.Unmarshal([]byte(strings.Split(log.String(), "\n")[0]), &line); err != nil {
			t.Fatal(err)
		}
		if line.Size != len(body) || line.Target != "/telescopes" || line.DurationMS <= 0 {
			t.Errorf("%s: %d bytes received, logged %s", accept, len(body), log)
		}
	}
}

// TestSlowRequests shows which requests are logged as slow, whatever the level is.
func TestSlowRequests(t *testing.T) {
	db := fixedDatabase(t)
	for threshold, want := range map[string]bool{"1": true, "3153600000": false, "0": false} {
		addr, log := db.detailed(t, `log-level = "crit"`, "log-slow-request = "+threshold, `server-request-id-header = "X-Request-Id"`)
		c := dial(t, addr)
		const body = `{"seconds":0.005}`
		c.send(fmt.Sprintf("POST /rpc/wait HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-1\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		c.expectStatus(204)
		text := log.String()
		if got := strings.Contains(text, ": Slow request: POST /rpc/wait status=204 duration_ms="); got != want {
			t.Errorf("threshold %s: logged %s", threshold, text)
		}
		if want && !(strings.Contains(text, " role=visitor request_id=r-1 sql=") && strings.Contains(text, `"api"."wait"`)) {
			t.Errorf("the line lacks something: %s", text)
		}
	}
}
