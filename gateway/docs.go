package gateway

import (
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-json"
	"github.com/valyala/fasthttp"

	"trunkline/cache"
	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/openapi"
)

// The documentation page is served twice. That of the admin server shows everything that is exposed, and sends requests
// to the API's address. That of the API, at openapi-docs-path, gets what it shows from the API's root, under the role of
// its user; its own files contain nothing of the schema.

// docsState is what the page is told about itself, besides the description.
type docsState struct {
	// Generation is that of the schema: it changes when the schema does. It is 0 while there is none.
	Generation uint64 `json:"generation"`
	Anonymous  bool   `json:"anonymous"`
	// Role is that of requests, and Claims are those of the token. A page of the API that has no token is not told which
	// role that is.
	Role   string          `json:"role,omitempty"`
	Claims json.RawMessage `json:"claims,omitempty"`
}

func newDocsState(snap *cache.Snapshot, identity *auth.Identity, everything bool) docsState {
	state := docsState{Anonymous: identity.Anonymous}
	if snap != nil {
		state.Generation = snap.Generation
	}
	if everything || !identity.Anonymous {
		state.Role, state.Claims = identity.Role, identity.Claims
	}
	return state
}

// encode returns the state as JSON. It fails only for claims that are not JSON, which no token has.
func (s *docsState) encode() []byte {
	body, err := json.Marshal(s)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return body
}

// DocsSession returns what the page of the admin server is told, for the header Authorization of its request, and the
// status of that answer. If the token is refused, it is the error that the API answers.
func (h *Handler) DocsSession(authorization string, present bool) (body []byte, status int) {
	s := h.settings.Load()
	identity, problem := s.authenticator.Authenticate(authorization, present)
	if problem != nil {
		return appendError(nil, problem, s.config.ClientErrorMinimal), problem.Status
	}
	state := newDocsState(h.Snapshot(), &identity, true)
	return state.encode(), http.StatusOK
}

// DocsAPI returns the address of the API for a page of the admin server that was requested at a host, or "".
func (h *Handler) DocsAPI(host string) string { return docsAPI(h.settings.Load().config, host) }

// docsAPI returns the address of the API for a page of the admin server: openapi-server-proxy-uri, or else the port that
// is listened on, at the host under which the page was requested if the API listens on all addresses. It is "" if there
// is no such address, or the host is not written as one.
func docsAPI(cfg *config.Config, host string) string {
	if cfg.OpenAPIServerProxyURI != "" {
		return strings.TrimRight(cfg.OpenAPIServerProxyURI, "/") + "/"
	}
	if cfg.ServerUnixSocket != "" || cfg.ServerPort == 0 {
		return ""
	}
	name := cfg.ServerHost
	switch name {
	case "", "*", "*4", "!4", "*6", "!6", "0.0.0.0", "::":
		name = hostName(host)
	}
	if name == "" {
		return ""
	}
	return "http://" + net.JoinHostPort(name, strconv.Itoa(cfg.ServerPort)) + "/"
}

// hostName returns the name or address in a Host header, or "" if it has other characters than those have: it becomes a
// part of the page's content policy.
func hostName(header string) string {
	m := regexp.MustCompile(`^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]+)?$`).FindStringSubmatch(header)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// docsFile returns which file of the page the request is for, "" for the page itself. A relation comes before the page.
func (x *exchange) docsFile() (name string, ok bool) {
	cfg := x.settings.config
	page := cfg.OpenAPIDocsPath
	if page == "" || cfg.OpenAPIMode == config.OpenAPIDisabled { // Fast path
		return "", false
	}
	rest, ok := strings.CutPrefix(x.input.Path, page)
	if !ok || x.input.Method != http.MethodGet && x.input.Method != http.MethodHead {
		return "", false
	}
	if rest == "" {
		return "", !x.exposes(page[1:])
	}
	name, ok = strings.CutPrefix(rest, "/")
	return name, ok && name != ""
}

// exposes reports whether an exposed schema has a relation of this name.
func (x *exchange) exposes(relation string) bool {
	if x.snapshot == nil {
		return false
	}
	for _, schema := range x.settings.config.DBSchemas {
		if x.snapshot.Table(cache.QualifiedName{Schema: schema, Name: relation}) != nil {
			return true
		}
	}
	return false
}

const docsSessionFile = "session.json"

// docsPage answers with the documentation page or one of its files, if the request is for it. These are the same for
// everybody, so that nobody is authenticated.
func (x *exchange) docsPage() bool {
	name, ok := x.docsFile()
	if !ok || name == docsSessionFile {
		return false
	}
	page := x.settings.config.OpenAPIDocsPath
	place := openapi.DocsPlace{
		Files: page[strings.LastIndexByte(page, '/')+1:] + "/",
		API:   "./" + strings.Repeat("../", strings.Count(page, "/")-1),
	}
	return answerDocs(x.answer.response, place, name)
}

// docsSession answers with what the page is told, if the request is for that.
func (x *exchange) docsSession() bool {
	if name, ok := x.docsFile(); !ok || name != docsSessionFile {
		return false
	}
	state := newDocsState(x.snapshot, &x.identity, false)
	answerDocsJSON(x.answer.response, state.encode())
	return true
}

// answerDocs answers with a file of the page. It returns false if there is none of this name.
func answerDocs(response *fasthttp.Response, place openapi.DocsPlace, name string) bool {
	content, contentType, ok := place.Asset(name)
	if !ok {
		return false
	}
	setDocsHeaders(response, contentType)
	response.Header.Set("Content-Security-Policy", place.Policy())
	response.SetBodyRaw(content)
	return true
}

func answerDocsJSON(response *fasthttp.Response, body []byte) {
	setDocsHeaders(response, "application/json; charset=utf-8")
	response.SetBodyRaw(body)
}

// setDocsHeaders keeps browsers from guessing another type, and from mixing files of two versions.
func setDocsHeaders(response *fasthttp.Response, contentType string) {
	response.Header.SetContentType(contentType)
	response.Header.Set("X-Content-Type-Options", "nosniff")
	response.Header.Set("Referrer-Policy", "no-referrer")
	response.Header.Set("Cache-Control", "no-cache")
}
