package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"trunkline/planner/request"
)

// parseHead parses headers, given as lines.
func parseHead(trace string, headers ...string) *head {
	h := new(head)
	h.parse([]byte(strings.Join(headers, "\r\n")+"\r\n\r\n"), trace)
	return h
}

func TestHead(t *testing.T) {
	h := parseHead("x-request-id",
		"Host: a", "ACCEPT: text/csv", "accept: application/json", "Prefer: count=exact", "prefer:return=minimal,tx=rollback",
		"Range: 0-9", "Content-Type:  application/json\t", "Accept-Profile:", "x-Request-ID: 7", "Origin: http://b")
	for name, got := range map[string]request.Header{
		"text/csv":         h.accept,
		"0-9":              h.byteRange,
		"application/json": h.contentType,
		"":                 h.acceptProfile,
		"7":                h.traced,
		"http://b":         h.origin,
	} {
		if got.Value != name || !got.Present {
			t.Errorf("got %+v, want %q", got, name)
		}
	}
	if h.contentProfile.Present {
		t.Error("a header that was not sent is present")
	}
	if want := []string{"count=exact", "return=minimal,tx=rollback"}; !slices.Equal(h.prefer, want) {
		t.Errorf("prefer %q, want %q", h.prefer, want)
	}
	h.reset()
	if h.accept.Present || len(h.fields)+len(h.prefer) > 0 {
		t.Errorf("a head that was reset still holds %+v", h)
	}
}

func TestHeaders(t *testing.T) {
	h := parseHead("", "Host: a", "X-One: 1", "Cookie: b=c", "x-one: \"2\\\t", "X-Ünreal: no", "Empty:")
	const want = `{"host":"a","x-one":"\"2\\","x-Ünreal":"no","empty":""}`
	if got := string(h.appendHeaders(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCookies(t *testing.T) {
	for header, want := range map[string]string{
		"":                       `{}`,
		"a=b":                    `{"a":"b"}`,
		"a=b; c=d":               `{"a":"b","c":"d"}`,
		"a=b;c=d;":               `{"a":"b","c":"d"}`,
		"a=b=c":                  `{"a":"b=c"}`,
		"a":                      `{"a":""}`,
		"a=":                     `{"a":""}`,
		"=b":                     `{"":"b"}`,
		`a="b"`:                  `{"a":"b"}`,
		"a=1; b=2; a=3":          `{"b":"2","a":"3"}`,
		";;":                     `{}`,
		"sess-id=ä; other = x y": `{"sess-id":"ä","other ":" x y"}`,
	} {
		if got := string(parseHead("", "Cookie: "+header).appendCookies(nil)); got != want {
			t.Errorf("%s: got %s, want %s", header, got, want)
		}
	}
	if got := string(parseHead("", "Cookie: a=1", "Cookie: b=2").appendCookies(nil)); got != `{"a":"1"}` {
		t.Errorf("of two headers: got %s", got)
	}
}

// TestRepeats compares both ways to find repeated names with a map.
func TestRepeats(t *testing.T) {
	for _, n := range []int{0, 1, 2, manyFields - 1, manyFields, manyFields + 1, 500} {
		fields := make([]field, n)
		want := make(map[string]string)
		for i := range fields {
			fields[i] = field{fmt.Sprint("name", i*i%17), fmt.Sprint(i)}
			want[fields[i].name] = fields[i].value
		}
		object := appendObject(nil, fields, "")
		var got map[string]string
		if err := json.Unmarshal(object, &got); err != nil || !maps.Equal(got, want) {
			t.Errorf("%d fields: %s, %v", n, object, err)
		}
		if keys := strings.Count(string(object), ":"); keys != len(want) {
			t.Errorf("%d fields: %d keys, want %d", n, keys, len(want))
		}
	}
}

func TestSplitTarget(t *testing.T) {
	for target, want := range map[string][2]string{
		"/":               {"/", ""},
		"/a?b=c":          {"/a", "b=c"},
		"/a?b?c":          {"/a", "b?c"},
		"/a#b?c":          {"/a#b", "c"},
		"//a//?":          {"//a//", ""},
		"http://h/a?b":    {"/a", "b"},
		"http://h":        {"/", ""},
		"http://h?b":      {"", "b"},
		"*":               {"*", ""},
		"/a?u=http://b/c": {"/a", "u=http://b/c"},
	} {
		if path, query := splitTarget([]byte(target)); string(path) != want[0] || string(query) != want[1] {
			t.Errorf("%s: path %s, query %s", target, path, query)
		}
	}
}

func BenchmarkHead(b *testing.B) {
	_, raw, _ := strings.Cut(browserRequest, "\r\n")
	buffer := []byte(raw)
	h := new(head)
	var headers, cookies []byte
	b.ReportAllocs()
	for b.Loop() {
		h.reset()
		copy(buffer, raw)
		h.parse(buffer, "x-request-id")
		headers, cookies = h.appendHeaders(headers[:0]), h.appendCookies(cookies[:0])
	}
}
