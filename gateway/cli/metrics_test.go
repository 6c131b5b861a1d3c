package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// adminClient returns a client of the admin server on a unix socket.
func adminClient(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
}

// figure returns the value of a series, which must exist.
func figure(t *testing.T, admin *http.Client, series string) float64 {
	t.Helper()
	response, err := admin.Get("http://admin/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("there is no series %s", series)
	}
	value, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestMetricsOfAProcess looks at the metrics of a serving executable before and after requests: the build, connections,
// bytes, errors of the database and the memory.
func TestMetricsOfAProcess(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "admin")
	g := start(t, []string{
		"PGRST_DB_URI=" + loginURI(t), "PGRST_ADMIN_SERVER_UNIX_SOCKET=" + socket,
	})
	base, admin := g.url(), adminClient(socket)
	expect := func(series string, want float64) {
		t.Helper()
		if got := figure(t, admin, series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
	expect(fmt.Sprintf(`trunkline_build_info{goarch=%q,goos=%q,goversion=%q,postgrest="16.2",version="1.2.3-test"}`,
		runtime.GOARCH, runtime.GOOS, runtime.Version()), 1)
	for _, series := range []string{
		"trunkline_received_bytes_total", "trunkline_sent_bytes_total", "trunkline_client_connections_accepted_total",
		"trunkline_client_connections_refused_total", "trunkline_requests_in_flight", "trunkline_body_memory_bytes",
		`trunkline_database_errors_total{class="42"}`, `trunkline_client_connections{state="idle"}`,
	} {
		expect(series, 0)
	}
	expect("trunkline_config_current", 1)
	expect("trunkline_listener_enabled", 1)
	expect("trunkline_schema_fresh", 1)
	if limit := figure(t, admin, "trunkline_memory_limit_bytes"); limit < 1<<20 {
		t.Errorf("the memory limit is %v", limit)
	}
	if age := figure(t, admin, "trunkline_jwks_age_seconds"); age == age {
		t.Errorf("keys that are not fetched are %v old", age)
	}

	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", target.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := "GET /items?select=id&order=id HTTP/1.1\r\nHost: a\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 1<<16)
	n, err := conn.Read(answer)
	if err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 ") {
		t.Fatalf("%q, %v", answer[:n], err)
	}
	expect("trunkline_received_bytes_total", float64(len(request)))
	for sent := 0.0; sent != float64(n); { // which is counted after the client has it
		if sent = figure(t, admin, "trunkline_sent_bytes_total"); sent > float64(n) {
			t.Fatalf("%v bytes were sent, want %d", sent, n)
		}
	}
	expect("trunkline_client_connections_accepted_total", 1)
	expect(`trunkline_client_connections{state="idle"}`, 1)
	if _, err := http.Get(base + "/items?id=eq.99999999999999"); err != nil { // which is no int4
		t.Fatal(err)
	}
	expect(`trunkline_database_errors_total{class="22"}`, 1)
}
