package gateway

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"trunkline/gateway/config"
)

// getDocs sends a request with a token, unless that is "".
func getDocs(t *testing.T, method, url, token string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(content)
}

func TestDocsPageOfTheAPI(t *testing.T) {
	f := fixedDatabase(t)
	url := "http://" + f.serve(t, `openapi-docs-path = "/-/docs"`)
	for _, test := range []struct {
		method, path string
		status       int
		kind, has    string
	}{
		{"GET", "/-/docs", 200, "text/html; charset=utf-8", `data-api="./../" data-everything="false"`},
		{"HEAD", "/-/docs", 200, "text/html; charset=utf-8", ""},
		{"GET", "/-/docs?a=b", 200, "text/html; charset=utf-8", `src="docs/page.js"`},
		{"GET", "/-/docs/page.js", 200, "text/javascript; charset=utf-8", "readState"},
		{"GET", "/-/docs/vendor/dagre.esm.js", 200, "text/javascript; charset=utf-8", "Graph"},
		{"GET", "/-/docs/", 404, "application/json; charset=utf-8", "PGRST125"},
		{"GET", "/-/docs/openapi.json", 404, "application/json; charset=utf-8", "PGRST125"},
		{"GET", "/-/docs/index.html", 404, "application/json; charset=utf-8", "PGRST125"},
		{"GET", "/-/docsy", 404, "application/json; charset=utf-8", "PGRST125"},
		{"POST", "/-/docs", 404, "application/json; charset=utf-8", "PGRST125"},
		{"GET", "/docs", 404, "application/json; charset=utf-8", "PGRST205"},
	} {
		status, header, body := getDocs(t, test.method, url+test.path, "")
		if status != test.status || header.Get("Content-Type") != test.kind || !strings.Contains(body, test.has) {
			t.Errorf("%s %s: %d %q %.200q", test.method, test.path, status, header.Get("Content-Type"), body)
		}
		policy := header.Get("Content-Security-Policy")
		if (status == 200) != strings.HasSuffix(policy, "connect-src 'self'") || (status == 200) != (header.Get("X-Content-Type-Options") == "nosniff") {
			t.Errorf("%s %s: the policy is %q", test.method, test.path, policy)
		}
	}
}

// TestDocsPageIsOff checks that there is no page by default, nor where nothing is described.
func TestDocsPageIsOff(t *testing.T) {
	f := fixedDatabase(t)
	for _, url := range []string{"http://" + f.serve(t), "http://" + f.serve(t, `openapi-docs-path = "/-/docs"`, `openapi-mode = "disabled"`)} {
		for _, path := range []string{"/-/docs", "/-/docs/page.js", "/-/docs/session.json"} {
			if status, _, body := getDocs(t, http.MethodGet, url+path, ""); status != 404 {
				t.Errorf("%s: %d %.100q", path, status, body)
			}
		}
	}
}

func TestRelationComesBeforeTheDocsPage(t *testing.T) {
	f := fixedDatabase(t)
	url := "http://" + f.serve(t, `openapi-docs-path = "/sites"`)
	if status, header, body := getDocs(t, http.MethodGet, url+"/sites?limit=1", ""); status != 200 || !strings.HasPrefix(body, "[") {
		t.Errorf("the relation: %d %v %.100q", status, header, body)
	}
	if status, _, _ := getDocs(t, http.MethodGet, url+"/sites/page.js", ""); status != 200 {
		t.Errorf("a file of the page: %d", status)
	}
}

func TestDocsSession(t *testing.T) {
	f := fixedDatabase(t)
	url := "http://" + f.serve(t, `openapi-docs-path = "/docs"`) + "/docs/session.json"
	status, _, body := getDocs(t, http.MethodGet, url, "")
	if want := `{"generation":0,"anonymous":true}`; status != 200 || body != want {
		t.Errorf("without a token: %d %s, want %s", status, body, want)
	}
	status, _, body = getDocs(t, http.MethodGet, url, f.token(t, "astronomer"))
	if want := `{"generation":0,"anonymous":false,"role":"astronomer","claims":{"role":"astronomer"}}`; status != 200 || body != want {
		t.Errorf("with a token: %d %s, want %s", status, body, want)
	}
	status, header, body := getDocs(t, http.MethodGet, url, "nonsense")
	if status != 401 || !strings.Contains(body, "PGRST301") || header.Get("WWW-Authenticate") == "" {
		t.Errorf("with a broken token: %d %v %s", status, header, body)
	}
	if strings.Contains(body, "visitor") {
		t.Errorf("the anonymous role is told: %s", body)
	}
}

func TestDocsSessionOfTheAdminServer(t *testing.T) {
	f := fixedDatabase(t)
	cfg := f.config(t)
	h := f.handler(t, cfg, io.Discard)
	body, status := h.DocsSession("", false)
	if want := `{"generation":0,"anonymous":true,"role":"visitor","claims":{"role":"visitor"}}`; status != 200 || string(body) != want {
		t.Errorf("without a token: %d %s, want %s", status, body, want)
	}
	body, status = h.DocsSession("Bearer nonsense", true)
	if status != 401 || !json.Valid(body) {
		t.Errorf("with a broken token: %d %s", status, body)
	}
}

func TestDescriptionOfASchema(t *testing.T) {
	f := fixedDatabase(t)
	h := f.handler(t, f.config(t), io.Discard)
	byDefault, err := h.Description("")
	named, errNamed := h.Description("api")
	if err != nil || errNamed != nil || len(byDefault) == 0 || string(byDefault) != string(named) {
		t.Errorf("%d and %d bytes, %v, %v", len(byDefault), len(named), err, errNamed)
	}
	for _, schema := range []string{"pg_catalog", "public", "nonsense"} {
		if hidden, err := h.Description(schema); err != nil || hidden != nil {
			t.Errorf("%s is described: %.100q, %v", schema, hidden, err)
		}
	}
}

func TestDocsAPI(t *testing.T) {
	listening := func(host string) config.Config { return config.Config{ServerHost: host, ServerPort: 3000} }
	public := listening("!4")
	public.OpenAPIServerProxyURI = "https://api.example.org/v1"
	unix := listening("!4")
	unix.ServerUnixSocket = "/run/api.sock"
	for _, test := range []struct {
		cfg        config.Config
		host, want string
	}{
		{listening("!4"), "localhost:3001", "http://localhost:3000/"},
		{listening("*"), "127.0.0.1", "http://127.0.0.1:3000/"},
		{listening("*6"), "[::1]:3001", "http://[::1]:3000/"},
		{listening("10.0.0.1"), "localhost:3001", "http://10.0.0.1:3000/"},
		{public, "localhost:3001", "https://api.example.org/v1/"},
		{unix, "localhost:3001", ""},
		{listening("!4"), "a; script-src *", ""},
		{listening("!4"), "a b", ""},
		{listening("!4"), "a'", ""},
		{listening("!4"), "a/b", ""},
		{listening("!4"), "", ""},
	} {
		if got := docsAPI(&test.cfg, test.host); got != test.want {
			t.Errorf("%q at %q: %q, want %q", test.cfg.ServerHost, test.host, got, test.want)
		}
	}
}
