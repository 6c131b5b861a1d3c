package e2e

import (
	"bufio"
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// proxiedTables are what the tests of proxies need beside the fixture.
const proxiedTables = `
	CREATE TABLE api."a/b c" (id int PRIMARY KEY);
	INSERT INTO api."a/b c" SELECT generate_series(1, 100);
	GRANT SELECT, DELETE ON api."a/b c" TO e2e_anon;
	GRANT UPDATE, DELETE ON api.journal TO e2e_anon;`

// startProxied runs two gateways behind a proxy, configured as the proxy's file wants them.
func startProxied(t *testing.T, run runProxy) (p *proxy, gateways []*gateway) {
	t.Helper()
	dsn := pgtest.Database(t, fixture)
	if _, err := pgtest.Conn(t, dsn).Exec(t.Context(), proxiedTables); err != nil {
		t.Fatal(err)
	}
	port, admin := freePort(t), freePort(t)
	p = run(t, admin, "127.0.0.1:"+port, "127.0.0.2:"+port)
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		gateways = append(gateways, start(t, dsn, "PGRST_SERVER_HOST="+host, "PGRST_SERVER_PORT="+port,
			"PGRST_ADMIN_SERVER_UNIX_SOCKET=", "PGRST_ADMIN_SERVER_PORT="+admin, "PGRST_LOG_FORMAT=json", "PGRST_DB_POOL=4", "PGRST_LOG_LEVEL=info", "PGRST_SERVER_REQUEST_ID_HEADER=X-Request-Id",
			"PGRST_SERVER_TRUSTED_PROXIES=127.0.0.1", "PGRST_OPENAPI_SERVER_PROXY_URI=https://api.example.org/api"))
	}
	// A proxy that looks at the gateways' health at intervals knows of none at first.
	gateways[0].eventually("the proxy passes requests on", func() bool {
		a, err := p.try(http.MethodGet, "/api/films?limit=0", "")
		return err == nil && a.status == http.StatusOK
	})
	return p, gateways
}

// TestProxied sends requests through each proxy to gateways.
func TestProxied(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		p, gateways := startProxied(t, run)
		t.Run("paths", func(t *testing.T) { testProxiedPaths(t, p) })
		t.Run("limits", func(t *testing.T) { testProxiedLimits(t, p) })
		t.Run("compression", func(t *testing.T) { testProxiedCompression(t, p) })
		t.Run("identity", func(t *testing.T) { testProxiedIdentity(t, p, gateways) })
	})
}

// wantHeader fails the test unless an answer's header has a value.
func (a *answer) wantHeader(t *testing.T, name, want string) {
	t.Helper()
	if got := strings.Join(a.header.Values(name), "; "); got != want {
		t.Errorf("%s is %q, not %q", name, got, want)
	}
}

// testProxiedPaths sends each kind of path, with the prefix that the gateway does not know.
func testProxiedPaths(t *testing.T, p *proxy) {
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/api/films?select=title&id=eq.3":     {200, `[{"title":"Film 3"}]`},
		"/api/films?title=eq.Film%203":        {200, `[{"id":3,"title":"Film 3"}]`},
		"/api/a%2Fb%20c?id=lt.3":              {200, "[{\"id\":1}, \n {\"id\":2}]"},
		"/api/rpc/add?a=1&b=2":                {200, "3"},
		"/api/films%2F":                       {404, "films/"},
		"/api/":                               {200, `"basePath":"/api"`},
		"/api/ready":                          {404, "PGRST205"},
		"/api/metrics":                        {404, "PGRST205"},
		"/api/config":                         {404, "PGRST205"},
		"/films":                              {404, "404"},
		"/ready":                              {404, "404"},
		"/metrics":                            {404, "404"},
		"/api/films?id=eq.1&title=eq.x%2F%3F": {200, "[]"},
	} {
		if a := p.ask("GET", path, ""); a.status != want.status || !strings.Contains(a.body, want.body) {
			t.Errorf("%s: %v", path, a)
		}
	}
	a := p.ask("POST", "/api/journal", `{"id":7}`, "Prefer", "return=headers-only")
	a.wantHeader(t, "Location", "/api/journal?id=eq.7")
	a = p.ask("GET", "/api/films?id=lt.3&select=title", "")
	a.wantHeader(t, "Content-Location", "/api/films?id=lt.3&select=title")
	a.wantHeader(t, "Content-Range", "0-1/*")
	a.wantHeader(t, "Strict-Transport-Security", "max-age=31536000")
	for _, step := range []struct {
		method, body string
		status       int
		rows         string
	}{
		{"PUT", `{"id":8}`, 204, `[{"id":8}]`},
		{"PATCH", `{"id":8}`, 204, `[{"id":8}]`},
		{"HEAD", "", 200, `[{"id":8}]`},
		{"OPTIONS", "", 200, `[{"id":8}]`},
		{"DELETE", "", 204, "[]"},
	} {
		a := p.ask(step.method, "/api/journal?id=eq.8", step.body)
		if rows := p.ask("GET", "/api/journal?id=eq.8", "").body; a.status != step.status || rows != step.rows {
			t.Errorf("%s: %v; then there is %s", step.method, a, rows)
		}
	}
}

// testProxiedLimits sends what the gateway just allows and what it refuses.
func testProxiedLimits(t *testing.T, p *proxy) {
	long := func(size int) string { return "/films?title=eq." + strings.Repeat("x", size-len("/films?title=eq.")) }
	for _, size := range []int{3500, 4000, 33_000} {
		a := p.ask("GET", "/api"+long(size), "", "X-Request-Id", strings.Repeat("i", 128))
		if a.status != 200 || a.header.Get("Content-Location") == "" != (size > 4096) {
			t.Errorf("a URL of %d bytes: %v %v", size, a, a.header)
		}
	}
	if a := p.ask("GET", "/api"+long(40_000), ""); a.status != 414 || !strings.Contains(a.body, "33792") {
		t.Errorf("a URL that is too long: %v", a)
	}
	var headers []string
	for i := range 100 {
		headers = append(headers, fmt.Sprintf("X-%d", i), strings.Repeat("v", 500))
	}
	if a := p.ask("GET", "/api/films?id=eq.1", "", headers...); a.status != 200 {
		t.Errorf("50 KB of headers: %v", a)
	}
	if a := p.ask("GET", "/api/films?id=eq.1", "", append(headers, "X", strings.Repeat("v", 20_000))...); a.status != 431 {
		t.Errorf("70 KB of headers: %v", a)
	}
	const most = 100 << 20
	if a := p.ask("POST", "/api/missing", strings.Repeat(" ", most)); a.status != 404 {
		t.Errorf("the largest body: %v", a)
	}
	if a, err := p.try("POST", "/api/journal", strings.Repeat(" ", most+1)); err == nil && (a.status != 413 || !strings.HasPrefix(a.body, `{"code":"`)) {
		t.Errorf("a larger body: %v", a)
	}
	a := p.ask("GET", "/api"+letters(large), "")
	if len(a.body) != large {
		t.Errorf("a large answer has %d bytes, not %d", len(a.body), large)
	}
	for range 4 {
		if a := p.ask("GET", "/api/films?id=eq.1", ""); a.status != 200 {
			t.Errorf("afterwards: %v", a)
		}
	}
}

// manyRows is the path of a long answer that can be compressed well.
const manyRows = "/rpc/letter_rows?lines=50"

// testProxiedCompression asks for compressed answers.
func testProxiedCompression(t *testing.T, p *proxy) {
	for _, accept := range []string{"application/json", "application/x-ndjson", "application/vnd.pgrst.array+json", "text/csv", "*/*"} {
		a := p.ask("GET", "/api"+manyRows, "", "Accept", accept, "Accept-Encoding", "gzip")
		if a.status != 200 || a.header.Get("Content-Encoding") != "gzip" || len(a.body) > 2000 {
			t.Errorf("%s: status %d, %d bytes, %v", accept, a.status, len(a.body), a.header)
		}
	}
	plain := p.ask("GET", "/api/", "")
	packed := p.ask("GET", "/api/", "", "Accept-Encoding", "gzip")
	packed.wantHeader(t, "Content-Encoding", "gzip")
	plain.wantHeader(t, "Content-Encoding", "")
	if !strings.Contains(strings.Join(packed.header.Values("Vary"), ","), "Accept-Encoding") {
		t.Errorf("Vary is %q", packed.header.Values("Vary"))
	}
	unpack, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpack); string(text) != plain.body || err != nil {
		t.Errorf("%d bytes instead of %d, %v", len(text), len(plain.body), err)
	}
	p.ask("GET", "/api/films?id=eq.1", "", "Accept-Encoding", "gzip").wantHeader(t, "Content-Encoding", "")
}

// testProxiedIdentity sends ids of requests and false addresses of clients, and looks for them in the gateways' log.
func testProxiedIdentity(t *testing.T, p *proxy, gateways []*gateway) {
	a := p.ask("GET", "/api/films?id=eq.1", "", "X-Request-Id", "id-of-the-client", "X-Forwarded-For", "203.0.113.9")
	a.wantHeader(t, "X-Request-Id", "id-of-the-client")
	made := p.ask("GET", "/api/films?id=eq.2", "", "X-Request-Id", "not an id\\").header.Get("X-Request-Id")
	if len(made) < 32 {
		t.Errorf("the id is %q", made)
	}
	for _, id := range []string{"id-of-the-client", made} {
		var line string
		gateways[0].eventually("the id is logged", func() bool {
			line = gateways[0].accessed(id) + gateways[1].accessed(id)
			return line != ""
		})
		if strings.Contains(line, "203.0.113.9") || !strings.Contains(line, "127.0.0.1") {
			t.Errorf("logged %s", line)
		}
	}
}

// TestProxiedSecurely tries versions of TLS and of HTTP.
func TestProxiedSecurely(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		u := startUpstream(t, "")
		p := run(t, "", u.address, u.address)
		response, err := p.client.Get("https://localhost/api/films")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.ProtoMajor != 2 || response.StatusCode != 200 {
			t.Errorf("%s %s", response.Proto, response.Status)
		}
		old := &tls.Config{RootCAs: p.trusted, ServerName: "localhost", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		if c, err := tls.Dial("tcp", p.secure, old); err == nil {
			t.Error("TLS 1.1 is accepted")
			_ = c.Close()
		}
	})
}

// TestProxyWithoutGateways has nobody answer.
func TestProxyWithoutGateways(t *testing.T) {
	withProxies(t, func(t *testing.T, run runProxy) {
		p := run(t, "", "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t))
		for _, method := range []string{"POST", "DELETE"} {
			a := p.ask(method, "/api/films", "")
			if a.status != 502 && a.status != 503 || !strings.HasPrefix(a.body, `{"code":"`) {
				t.Errorf("%s: %v", method, a)
			}
			a.wantHeader(t, "Retry-After", "1")
			a.wantHeader(t, "Content-Type", "application/json")
		}
	})
}

// TestNginxRefusesPlainHTTP uses the port without TLS.
func TestNginxRefusesPlainHTTP(t *testing.T) {
	u := startUpstream(t, "")
	p := runNginx(t, "", u.address, u.address)
	response, err := http.Get("http://" + p.plain + "/api/films")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if requests, _ := u.received(); response.StatusCode != http.StatusForbidden || requests > 0 {
		t.Errorf("status %d, %d requests came through", response.StatusCode, requests)
	}
}

// TestNginxLimitsRates sends more requests than one client may.
func TestNginxLimitsRates(t *testing.T) {
	u := startUpstream(t, "")
	p := runNginxWith(t, []string{u.address, u.address}, "rate=100r/s", "rate=1r/m", "burst=200", "burst=9")
	for i := range 20 {
		a := p.ask("GET", "/api/films", "")
		if want := map[bool]int{true: 200, false: 429}[i < 10]; a.status != want {
			t.Errorf("request %d: %v", i, a)
		}
		if i >= 10 {
			a.wantHeader(t, "Retry-After", "1")
		}
	}
	if requests, _ := u.received(); requests != 10 {
		t.Errorf("%d requests came through", requests)
	}
}

// TestNginxPutsNothingOnDisk has a client read a large answer slowly.
func TestNginxPutsNothingOnDisk(t *testing.T) {
	p, _ := startProxied(t, runNginx)
	c, err := p.dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "GET /api%s HTTP/1.1\r\nHost: localhost\r\n\r\n", letters(large)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, response.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(filepath.Join(p.dir, "proxy"), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			t.Errorf("there is %s", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if rest, err := io.Copy(io.Discard, response.Body); rest != large-1<<20 || err != nil {
		t.Errorf("%d bytes, %v", rest, err)
	}
}
