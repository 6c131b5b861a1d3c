package gateway

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"trunkline/gateway/storage"
)

// adminFixture is an admin server whose state a test sets.
type adminFixture struct {
	url   string
	api   net.Addr
	ready bool
	log   lines
	// schema writes /schema_cache.
	schema func(io.Writer) error
	// stored returns what other processes read of it.
	stored   func() ([]byte, error)
	position string
}

func newAdminFixture(t *testing.T) *adminFixture {
	t.Helper()
	f := &adminFixture{schema: func(io.Writer) error { return errors.New("no schema") }}
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	a := NewAdmin(AdminOptions{
		API:            func() net.Addr { return f.api },
		Ready:          func() bool { return f.ready },
		Log:            slog.New(slog.NewTextHandler(&f.log, nil)),
		Metrics:        text("up 1\n"),
		Config:         text("db-pool = 10\n"),
		Schema:         func(w io.Writer) error { return f.schema(w) },
		Stored:         func() ([]byte, error) { return f.stored() },
		StoredPosition: func() string { return f.position },
		Description:    func(string) ([]byte, error) { return []byte(`{"openapi":"3.1.0"}`), nil },
		DocsAPI:        func(host string) string { return "http://" + host + "/api/" },
		DocsSession: func(authorization string, present bool) ([]byte, int) {
			return fmt.Appendf(nil, "%q, %t", authorization, present), http.StatusOK
		},
	})
	ln := listenLoopback(t)
	done := make(chan error)
	go func() { done <- a.Serve(ln) }()
	t.Cleanup(func() {
		if err := a.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	f.url = "http://" + ln.Addr().String()
	return f
}

func listenLoopback(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func (f *adminFixture) get(t *testing.T, path string) (int, string, string) {
	t.Helper()
	return f.getAs(t, path, "")
}

// getAs asks for a media type, or for any.
func (f *adminFixture) getAs(t *testing.T, path, accept string) (int, string, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("Content-Type"), string(body)
}

func TestAdminProbes(t *testing.T) {
	f := newAdminFixture(t)
	open := listenLoopback(t)
	defer func() { _ = open.Close() }()
	closed := listenLoopback(t)
	_ = closed.Close()

	tests := []struct {
		name        string
		api         net.Addr
		ready       bool
		live, probe int
	}{
		{"before the socket is open", nil, false, 500, 503},
		{"socket missing", nil, true, 500, 500},
		{"socket dead", closed.Addr(), true, 500, 500},
		{"pending", open.Addr(), false, 200, 503},
		{"ready", open.Addr(), true, 200, 200},
		{"bound to every interface", &net.TCPAddr{IP: net.IPv4zero, Port: open.Addr().(*net.TCPAddr).Port}, true, 200, 200},
	}
	for _, test := range tests {
		f.api, f.ready = test.api, test.ready
		if got, _, body := f.get(t, "/live"); got != test.live || body != "" {
			t.Errorf("%s: /live is %d %q, want %d", test.name, got, body, test.live)
		}
		if got, _, body := f.get(t, "/ready"); got != test.probe || body != "" {
			t.Errorf("%s: /ready is %d %q, want %d", test.name, got, body, test.probe)
		}
	}
}

// TestAdminMethods probes with other methods than GET.
func TestAdminMethods(t *testing.T) {
	f := newAdminFixture(t)
	open := listenLoopback(t)
	defer func() { _ = open.Close() }()
	f.api, f.ready = open.Addr(), true
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodOptions} {
		for path, content := range map[string]string{"/live": "", "/ready": "", "/metrics": "up 1\n"} {
			request, err := http.NewRequestWithContext(t.Context(), method, f.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if method == http.MethodHead {
				content = ""
			}
			if err != nil || response.StatusCode != 200 || string(body) != content {
				t.Errorf("%s %s is %d %q, %v", method, path, response.StatusCode, body, err)
			}
		}
	}
}

func TestAdminDocuments(t *testing.T) {
	f := newAdminFixture(t)
	tests := []struct {
		path        string
		status      int
		contentType string
		body        string
	}{
		{"/metrics", 200, "text/plain; charset=utf-8", "up 1\n"},
		{"/config", 200, "text/plain; charset=utf-8", "db-pool = 10\n"},
		{"/schema_cache", 500, "", ""},
		{"/", 404, "", ""},
		{"/live/", 404, "", ""},
		{"/films", 404, "", ""},
		{"/docs/openapi.json", 200, "application/vnd.oai.openapi+json;version=3.1", `{"openapi":"3.1.0"}`},
		{"/docs/missing.js", 404, "", ""},
		{"/docs/..%2Fdocs.go", 404, "", ""},
	}
	for _, test := range tests {
		status, contentType, body := f.get(t, test.path)
		if status != test.status || contentType != test.contentType || body != test.body {
			t.Errorf("%s: %d %q %q; want %d %q %q", test.path, status, contentType, body,
				test.status, test.contentType, test.body)
		}
	}
}

// TestAdminStored asks for the schema as people and as processes read it.
func TestAdminStored(t *testing.T) {
	f := newAdminFixture(t)
	f.schema = func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err }
	const other = "application/json; charset=utf-8"
	for _, test := range []struct {
		accept  string
		content []byte
		err     error

		status      int
		contentType string
		body        string
	}{
		{storage.MediaType, []byte("stored"), nil, 200, storage.MediaType, "stored"},
		{storage.MediaType, nil, nil, 503, "", ""},
		{storage.MediaType, nil, errors.New("too large"), 500, "", ""},
		{"", []byte("stored"), nil, 200, other, "{}"},
		{"*/*", []byte("stored"), nil, 200, other, "{}"},
		{"application/json", []byte("stored"), nil, 200, other, "{}"},
	} {
		f.stored = func() ([]byte, error) { return test.content, test.err }
		status, contentType, body := f.getAs(t, "/schema_cache", test.accept)
		if status != test.status || contentType != test.contentType || body != test.body {
			t.Errorf("%q, %v: %d %q %q; want %d %q %q", test.accept, test.err, status, contentType, body,
				test.status, test.contentType, test.body)
		}
	}
}

// TestAdminStoredPosition asks what the schema has seen.
func TestAdminStoredPosition(t *testing.T) {
	f := newAdminFixture(t)
	for _, test := range []struct {
		accept, position string
		status           int
	}{{storage.MediaType, "7:9:8", 200}, {storage.MediaType, "", 503}, {"", "7:9:8", 404}, {"application/json", "7:9:8", 404}} {
		f.position = test.position
		request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, f.url+"/schema_cache", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", test.accept)
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		want := test.position
		if test.status != 200 {
			want = ""
		}
		if got := response.Header.Get(storage.PositionHeader); response.StatusCode != test.status || got != want {
			t.Errorf("%+v: %d %q", test, response.StatusCode, got)
		}
	}
}

func TestAdminDocs(t *testing.T) {
	f := newAdminFixture(t)
	host := strings.TrimPrefix(f.url, "http://")
	status, header, body := getDocs(t, http.MethodGet, f.url+"/docs", "")
	if want := `data-api="http://` + host + `/api/" data-everything="true"`; status != 200 || !strings.Contains(body, want) {
		t.Errorf("/docs is %d %.200q, without %s", status, body, want)
	}
	if policy := header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "connect-src 'self' http://"+host) {
		t.Errorf("the policy is %q", policy)
	}
	status, _, body = getDocs(t, http.MethodGet, f.url+"/docs/session.json", "a.b.c")
	if want := `"Bearer a.b.c", true`; status != 200 || body != want {
		t.Errorf("the session is %d %q, want %q", status, body, want)
	}
	for path, want := range map[string]int{"/docs/vendor/dagre.esm.js": 200, "/docs/vendor/nothing.js": 404, "/docs/vendor": 404, "/docs/": 404} {
		if status, _, _ := getDocs(t, http.MethodGet, f.url+path, ""); status != want {
			t.Errorf("%s is %d, want %d", path, status, want)
		}
	}
}

// TestAdminMistakes shows that a panic ends one page only, whatever it has written, and that the log tells of it.
func TestAdminMistakes(t *testing.T) {
	f := newAdminFixture(t)
	f.schema = func(w io.Writer) error {
		_, _ = io.WriteString(w, "half of ")
		panic("BUG: nothing but a test")
	}
	for range 2 {
		if status, contentType, body := f.get(t, "/schema_cache"); status != 500 || contentType != "" || body != "" {
			t.Errorf("/schema_cache is %d %q %q, want 500 and nothing else", status, contentType, body)
		}
		if status, _, body := f.get(t, "/metrics"); status != 200 || body != "up 1\n" {
			t.Errorf("afterwards, /metrics is %d %q", status, body)
		}
	}
	if got := strings.Count(f.log.String(), `msg="BUG: nothing but a test" page=/schema_cache stack=`); got != 2 {
		t.Errorf("%d panics in the log: %s", got, &f.log)
	}
}
