package config

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mistake is a problem of a configuration.
type Mistake struct {
	// key is the configuration key, origin where its value came from: a variable, a place in a file, or a setting of
	// the database.
	key, origin string
	problem     string
}

// String returns the mistake as one line.
func (m Mistake) String() string {
	if m.origin == "" {
		return m.key + ": " + m.problem
	}
	return m.key + " (" + m.origin + "): " + m.problem
}

// Mistakes is the error of an invalid configuration. It lists every problem and is never empty.
type Mistakes []Mistake

// Error returns all mistakes as one line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.String()
	}
	return strings.Join(lines, "; ")
}

// keptTime refuses to keep answers for no time.
func keptTime(d time.Duration) error {
	if d < time.Second {
		return problem("it must be at least one second")
	}
	return nil
}

func notNegative(n int64) error {
	if n < 0 {
		return problem("must not be negative")
	}
	return nil
}

// notZero refuses a timeout of which 0 would mean that nothing can be done in time.
func notZero(d time.Duration) error {
	if d == 0 {
		return problem("must be at least 1")
	}
	return nil
}

func port(n int) error {
	if n < 0 || n > maxPort {
		return problem("must be between 0 and " + strconv.Itoa(maxPort))
	}
	return nil
}

const maxPort = 65535

// idHeader requires the name of a header whose value may be logged and sent back (RFC 9110, section 5.6.2).
func idHeader(name string) error {
	if !regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$").MatchString(name) {
		return problem("is not the name of a header")
	}
	for _, taken := range []string{
		"Authorization", "Cookie", "Set-Cookie", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Host",
		"Prefer", "Range", "Accept",
	} {
		if strings.EqualFold(name, taken) {
			return problem(taken + " has another meaning")
		}
	}
	return nil
}

// traceHeader refuses headers that say where the response ends: clients could send them (RFC 9112, section 6).
func traceHeader(name string) error {
	for _, framing := range []string{"Content-Length", "Transfer-Encoding", "Connection"} {
		if strings.EqualFold(name, framing) {
			return problem(framing + " cannot be copied to responses")
		}
	}
	return nil
}

// notRestricted refuses the system catalogs' schemas, which everybody may read.
func notRestricted(schemas []string) error {
	for _, restricted := range []string{"pg_catalog", "information_schema"} {
		if slices.Contains(schemas, restricted) {
			return problem("db-schemas does not allow schema: '" + restricted + "'")
		}
	}
	return nil
}

// stringOrURI requires text with a colon to be a URI (RFC 7519, section 2, StringOrURI).
func stringOrURI(text string) error {
	if strings.Contains(text, ":") && !isURI(text) {
		return problem("jwt-aud should be a string or a valid URI")
	}
	return nil
}

// docsPath requires a path of plain segments, which no client and no proxy writes in another way, and which is neither
// the root nor a function's.
func docsPath(path string) error {
	if !regexp.MustCompile(`^(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$`).MatchString(path) {
		return problem("must be / and letters, digits, -, . and _, such as /docs or /-/docs")
	}
	if path == "/rpc" || strings.HasPrefix(path, "/rpc/") {
		return problem("must not be below /rpc, where functions are")
	}
	return nil
}

// proxyURI requires an absolute http or https URI without user, query and fragment.
func proxyURI(text string) error {
	malformed := problem("Malformed proxy uri, a correct example: https://example.com:8443/basePath")
	if !isURI(text) || strings.ContainsAny(text, "?#") {
		return malformed
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return malformed
	}
	if u.Port() == "" && !strings.HasSuffix(u.Host, ":") {
		return nil
	}
	if n, err := strconv.Atoi(u.Port()); err != nil || n < 1 || n > maxPort {
		return malformed
	}
	return nil
}

// keyURLs requires URLs whose answers cannot be forged on the way: https, or http on this machine.
func keyURLs(list []string) error {
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || !isURI(text) || u.Hostname() == "" || (u.Scheme != "https" && !isLoopback(u)) {
			return problem(userOfURL.ReplaceAllString(text, "://[redacted]@") + " is not an https URL")
		}
	}
	return nil
}

func isLoopback(u *url.URL) bool {
	return u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())
}

// isURI reports whether text is an absolute URI (RFC 3986, section 3). Package net/url is more lenient.
func isURI(text string) bool {
	const characters = `(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*`
	form := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[^/?#\[\]]*@)?\[[0-9A-Fa-f:.]+\])?` +
		characters + `(?:#` + characters + `)?$`)
	if !form.MatchString(text) {
		return false
	}
	_, err := url.Parse(text)
	return err == nil
}

// isSettingName reports whether PostgreSQL accepts name for a custom setting (PostgreSQL manual, Customized Options).
func isSettingName(name string) bool {
	return regexp.MustCompile(`^[\pL_][\pL\pN_$]*(\.[\pL_][\pL\pN_$]*)+$`).MatchString(name)
}

// checkTogether checks what depends on several keys, and the names of app.settings.*.
func (r *reading) checkTogether() {
	if r.config.AdminServerPort == r.config.ServerPort {
		r.mistake("admin-server-port", problem("admin-server-port cannot be the same as server-port"))
	}
	for _, s := range r.config.AppSettings {
		if !isSettingName(s.Name) {
			r.origins[s.Name] = r.sources.origin(s.Name)
			r.mistake(s.Name, problem("PostgreSQL has no settings of such a name"))
		}
	}
}
