package gateway

import (
	"maps"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

func TestPreflight(t *testing.T) {
	const methods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
	some := []string{"http://a.example", "http://b.example"}
	for name, test := range map[string]struct {
		origins []string
		method  string
		headers []string
		want    map[string]string // nil if it is no preflight
	}{
		"any origin": {nil, "OPTIONS", []string{
			"Origin: http://x", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: Foo,Bar",
		}, map[string]string{
			"Access-Control-Allow-Origin":  "*",
			"Access-Control-Allow-Methods": methods,
			"Access-Control-Allow-Headers": "Authorization, Foo, Bar, Accept, Accept-Language, Content-Language",
			"Access-Control-Max-Age":       "86400",
		}},
		"usual headers": {nil, "OPTIONS", []string{
			"Origin: null", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: accept , Content-Type",
		}, map[string]string{
			"Access-Control-Allow-Origin":  "*",
			"Access-Control-Allow-Methods": methods,
			"Access-Control-Allow-Headers": "Authorization, accept, Content-Type, Accept-Language, Content-Language",
			"Access-Control-Max-Age":       "86400",
		}},
		"no headers": {nil, "OPTIONS", []string{"Origin: http://x", "Access-Control-Request-Method: GET"}, map[string]string{
			"Access-Control-Allow-Origin":  "*",
			"Access-Control-Allow-Methods": methods,
			"Access-Control-Max-Age":       "86400",
		}},
		"allowed origin": {some, "OPTIONS", []string{
			"Origin: http://b.example", "Access-Control-Request-Method: PUT",
		}, map[string]string{
			"Access-Control-Allow-Origin":      "http://b.example",
			"Access-Control-Allow-Credentials": "true",
			"Access-Control-Allow-Methods":     methods,
			"Access-Control-Max-Age":           "86400",
		}},
		"other origin":       {some, "OPTIONS", []string{"Origin: http://c", "Access-Control-Request-Method: PUT"}, nil},
		"no origin":          {nil, "OPTIONS", []string{"Access-Control-Request-Method: PUT"}, nil},
		"no method":          {nil, "OPTIONS", []string{"Origin: http://x"}, nil},
		"unknown method":     {nil, "OPTIONS", []string{"Origin: http://x", "Access-Control-Request-Method: TRACE"}, nil},
		"other verb":         {nil, "GET", []string{"Origin: http://x", "Access-Control-Request-Method: PUT"}, nil},
		"websocket":          {nil, "OPTIONS", []string{"Origin: a", "Access-Control-Request-Method: GET", "Upgrade: WebSocket"}, nil},
		"malformed headers":  {nil, "OPTIONS", []string{"Origin: a", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: a b"}, nil},
		"many headers":       {nil, "OPTIONS", []string{"Origin: a", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: " + strings.Repeat("a,", 50) + "a"}, nil},
		"headers with quote": {nil, "OPTIONS", []string{"Origin: a", "Access-Control-Request-Method: GET", `Access-Control-Request-Headers: "a"`}, nil},
	} {
		var response fasthttp.Response
		response.Header.DisableNormalizing()
		policy := cors{origins: test.origins, maxEcho: 100}
		if got := policy.preflight(test.method, parseHead("", test.headers...), &response); got != (test.want != nil) {
			t.Errorf("%s: preflight %t", name, got)
		}
		expectHeaders(t, name, &response, test.want)
	}
}

// expectHeaders fails unless a response has exactly these headers.
func expectHeaders(t *testing.T, name string, response *fasthttp.Response, want map[string]string) {
	t.Helper()
	got := make(map[string]string)
	for key, value := range response.Header.All() {
		if string(key) != "Content-Length" && string(key) != "Date" && string(key) != "Content-Type" {
			got[string(key)] = strings.TrimPrefix(got[string(key)]+"\n"+string(value), "\n")
		}
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: %s: %q, want %q", name, key, got[key], value)
		}
		delete(got, key)
	}
	for key, value := range got {
		t.Errorf("%s: unexpected %s: %s", name, key, value)
	}
}

func TestDecorate(t *testing.T) {
	const exposed = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, " +
		"Transfer-Encoding, Range-Unit\nPreference-Applied, X-Request-Id"
	some := []string{"http://a.example"}
	for name, test := range map[string]struct {
		origins []string
		method  string
		status  int
		headers []string
		want    map[string]string
	}{
		"any origin": {nil, "GET", 200, []string{"Origin: http://x"}, map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed,
		}},
		"allowed origin": {some, "POST", 404, []string{"Origin: http://a.example"}, map[string]string{
			"Access-Control-Allow-Origin": "http://a.example", "Access-Control-Allow-Credentials": "true",
			"Access-Control-Expose-Headers": exposed,
		}},
		"other origin":         {some, "GET", 200, []string{"Origin: http://x"}, nil},
		"no origin":            {nil, "GET", 200, nil, nil},
		"options":              {nil, "OPTIONS", 200, nil, map[string]string{"Access-Control-Allow-Origin": "*"}},
		"options that fail":    {nil, "OPTIONS", 404, []string{"Origin: http://x"}, nil},
		"options, no origin":   {some, "OPTIONS", 200, nil, nil},
		"options, not allowed": {some, "OPTIONS", 200, []string{"Origin: http://x"}, nil},
		"options, allowed": {some, "OPTIONS", 200, []string{"Origin: http://a.example"}, map[string]string{
			"Access-Control-Allow-Origin": "http://a.example", "Access-Control-Allow-Credentials": "true",
		}},
	} {
		var response fasthttp.Response
		response.Header.DisableNormalizing()
		response.SetStatusCode(test.status)
		for _, h := range [][2]string{
			{"Content-Range", "0-1/*"},
			{"Preference-Applied", "return=minimal"},
			{"X-Request-Id", "1"},
			{"X-Request-Id", "2"},
			{"Set-Cookie", "a=b"},
		} {
			response.Header.Add(h[0], h[1])
		}
		sent := map[string]string{
			"Content-Range": "0-1/*", "Preference-Applied": "return=minimal", "X-Request-Id": "1\n2", "Set-Cookie": "a=b",
		}
		policy := cors{origins: test.origins}
		policy.decorate(test.method, parseHead("", test.headers...), &response)
		maps.Copy(sent, test.want)
		expectHeaders(t, name, &response, sent)
	}
}

// TestVary has what answers depend on besides the media type, the preferences and the range.
func TestVary(t *testing.T) {
	for _, test := range []struct {
		schemas      string
		method, want string
	}{
		{"api", "GET", "Origin"},
		{"api", "POST", "Origin"},
		{"api,archive", "GET", "Origin, Accept-Profile"},
		{"api,archive", "HEAD", "Origin, Accept-Profile"},
		{"api,archive", "OPTIONS", "Origin, Accept-Profile"},
		{"api,archive", "POST", "Origin, Content-Profile"},
		{"api,archive", "DELETE", "Origin, Content-Profile"},
	} {
		v := newVary(true, strings.Split(test.schemas, ","))
		if got := v.of(test.method); got != test.want {
			t.Errorf("%s with %s: %q, want %q", test.method, test.schemas, got, test.want)
		}
	}
}
