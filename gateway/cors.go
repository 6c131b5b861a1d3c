package gateway

import (
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/socket"
	"trunkline/planner/request"
)

const (
	allowOrigin      = "Access-Control-Allow-Origin"
	allowCredentials = "Access-Control-Allow-Credentials"
	exposeHeaders    = "Access-Control-Expose-Headers"
)

// exposedHeaders are the headers that scripts of other origins may read in every answer, as listed by PostgREST.
const exposedHeaders = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, " +
	"Transfer-Encoding, Range-Unit"

// corsMethods are the methods that scripts of other origins may use, as PostgREST lists them.
const corsMethods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"

// allowedMethods returns the methods that scripts of other origins may use, and whether asked is one of them. QUERY is
// listed only if it is asked for.
func allowedMethods(asked string) (methods string, ok bool) {
	if asked == request.MethodQuery {
		return corsMethods + ", " + request.MethodQuery, true
	}
	return corsMethods, slices.Contains(strings.Split(corsMethods, ", "), asked)
}

// corsMaxAge is the time for which browsers may cache the answer to a preflight, in seconds: a day.
const corsMaxAge = "86400"

// cors is the policy for scripts of other origins (Fetch standard, section 3.3, CORS protocol).
type cors struct {
	// origins are the allowed origins, which may send credentials. If there are none, every origin is allowed, without
	// credentials.
	origins []string
	// maxEcho bounds the size of the header names that the answer to a preflight repeats, in bytes.
	maxEcho int
}

// allows reports whether the policy applies to a request: it has an allowed origin, and is not a WebSocket handshake.
func (c *cors) allows(h *head) bool {
	return h.origin.Present && !strings.EqualFold(h.upgrade.Value, "websocket") &&
		(len(c.origins) == 0 || slices.Contains(c.origins, h.origin.Value))
}

// preflight answers a preflight request. It returns false if the request is not a preflight or the policy does not
// apply; it is then handled like any other.
func (c *cors) preflight(method string, h *head, response *fasthttp.Response) bool {
	if method != fasthttp.MethodOptions || !c.allows(h) || !h.requestedMethod.Present ||
		len(h.requestedHead.Value) > c.maxEcho {
		return false
	}
	methods, known := allowedMethods(h.requestedMethod.Value)
	headers, ok := listOfNames(h.requestedHead.Value)
	if !known || !ok {
		return false
	}
	c.addOrigin(h, response)
	response.Header.Set("Access-Control-Allow-Methods", methods)
	if h.requestedHead.Present {
		response.Header.Set("Access-Control-Allow-Headers", strings.Join(allowedHeaders(headers), ", "))
	}
	response.Header.Set("Access-Control-Max-Age", corsMaxAge)
	return true
}

// allowedHeaders returns the headers that a request may have: those requested, and the usual ones.
func allowedHeaders(asked []string) []string {
	allowed := append([]string{"Authorization"}, asked...)
	for _, usual := range []string{"Accept", "Accept-Language", "Content-Language"} {
		if !slices.ContainsFunc(allowed, func(name string) bool { return strings.EqualFold(name, usual) }) {
			allowed = append(allowed, usual)
		}
	}
	return allowed
}

// listOfNames splits a list of header names. It returns false if one of them is malformed.
func listOfNames(list string) ([]string, bool) {
	if strings.Trim(list, " \t") == "" {
		return nil, true
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = strings.Trim(name, " \t")
		if !socket.IsToken([]byte(names[i])) {
			return nil, false
		}
	}
	return names, true
}

// decorate adds the headers that allow the browser to show an answer to a script.
func (c *cors) decorate(method string, h *head, response *fasthttp.Response) {
	if method == fasthttp.MethodOptions {
		c.decorateOptions(h, response)
		return
	}
	if !c.allows(h) {
		return
	}
	c.addOrigin(h, response)
	response.Header.Add(exposeHeaders, exposedHeaders)
	if others := otherHeaders(response); len(others) > 0 {
		response.Header.Add(exposeHeaders, strings.Join(others, ", "))
	}
}

// decorateOptions allows scripts of all origins to read the answer to OPTIONS, unless only some origins are allowed.
func (c *cors) decorateOptions(h *head, response *fasthttp.Response) {
	switch {
	case response.StatusCode() != fasthttp.StatusOK:
	case len(c.origins) == 0:
		response.Header.Add(allowOrigin, "*")
	case c.allows(h):
		c.addOrigin(h, response)
	}
}

// otherHeaders returns the names of the answer's headers that a script may not read yet, each once.
func otherHeaders(response *fasthttp.Response) (names []string) {
	exposed := strings.Split(exposedHeaders, ", ")
	for key := range response.Header.All() {
		known := func(name string) bool { return strings.EqualFold(name, text(key)) }
		if !slices.ContainsFunc(exposed, known) && !slices.ContainsFunc(names, known) && !hidden(key) {
			names = append(names, string(key))
		}
	}
	return names
}

// hidden reports whether a header is not exposed: those of CORS itself, and those that browsers show to no script or to
// all (Fetch standard, sections 2.2.2 and 3.3).
func hidden(name []byte) bool {
	const corsPrefix = "access-control-"
	if len(name) >= len(corsPrefix) && socket.IsName(name[:len(corsPrefix)], corsPrefix) {
		return true
	}
	for _, other := range [...]string{"set-cookie", "connection", "content-length", "cache-control"} {
		if socket.IsName(name, other) {
			return true
		}
	}
	return false
}

func (c *cors) addOrigin(h *head, response *fasthttp.Response) {
	if len(c.origins) == 0 {
		response.Header.Add(allowOrigin, "*")
		return
	}
	response.Header.Add(allowOrigin, h.origin.Value)
	response.Header.Add(allowCredentials, "true")
}
