package gateway

import (
	"errors"
	"testing"

	"github.com/valyala/fasthttp"

	"trunkline/planner/apierr"
)

func TestErrorBody(t *testing.T) {
	for name, test := range map[string]struct {
		err     apierr.Error
		minimal bool
		want    string
	}{
		"nulls": {
			apierr.Error{Code: "A", Message: "b"},
			false,
			`{"code":"A","details":null,"hint":null,"message":"b"}`,
		},
		"strings": {
			apierr.Error{Code: "A", Message: "b\n\"c\"<>&", Details: "d", Hint: ""},
			false,
			`{"code":"A","details":"d","hint":"","message":"b\n\"c\"<>&"}`,
		},
		"values": {
			*apierr.AmbiguousRelationship("a", "b", []apierr.RelationshipCandidate{{
				Cardinality: "many-to-one", Embedding: "<a> with b", Relationship: "r", Hint: "b!r",
			}}), false,
			`{"code":"PGRST201","details":[{"cardinality":"many-to-one","embedding":"<a> with b","relationship":"r"}],` +
				`"hint":"Try changing 'b' to one of the following: 'b!r'. Find the desired relationship in the 'details' key.",` +
				`"message":"Could not embed because more than one relationship was found for 'a' and 'b'"}`,
		},
		"minimal": {
			apierr.Error{Code: "A", Message: "b", Details: "d", Hint: "h"},
			true,
			`{"code":"A","message":"b"}`,
		},
		"broken text": {
			apierr.Error{Code: "A", Message: "b\xff"},
			true,
			"{\"code\":\"A\",\"message\":\"b\uFFFD\"}",
		},
		"no cause": {
			apierr.Error{Code: "A", Message: "b", Cause: errors.New("secret")},
			true,
			`{"code":"A","message":"b"}`,
		},
	} {
		if got := string(appendError(nil, &test.err, test.minimal)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

func TestWriteError(t *testing.T) {
	var response fasthttp.Response
	response.SetBodyString("an answer that failed late")
	writeError(&response, &apierr.Error{
		Status: 418, StatusText: "I'm a\r\nteapot", Code: "PT418", Message: "no coffee",
		Headers: []apierr.Header{{Name: "X-A", Value: "1"}, {Name: "X-A", Value: "2"}, {Name: "Content-Length", Value: "7"}},
	}, true)
	if got := string(response.Header.StatusMessage()); response.StatusCode() != 418 || got != "I'm a  teapot" {
		t.Errorf("status %d %s", response.StatusCode(), got)
	}
	if got := string(response.Body()); got != `{"code":"PT418","message":"no coffee"}` {
		t.Errorf("body %s", got)
	}
	if got := string(response.Header.ContentType()); got != "application/json; charset=utf-8" {
		t.Errorf("content type %s", got)
	}
	expectHeaders(t, "error", &response, map[string]string{"Proxy-Status": "PostgREST; error=PT418", "X-A": "1\n2"})
}

// TestProxyStatus has codes that a function chose.
func TestProxyStatus(t *testing.T) {
	for code, want := range map[string]string{
		"PGRST116": "PostgREST; error=PGRST116", "42501": "PostgREST; error=42501", "": "PostgREST", "a b": "PostgREST",
		"a\r\nX: y": "PostgREST", "ä": "PostgREST", `"`: "PostgREST", "a;b": "PostgREST",
	} {
		if got := proxyStatus(code); got != want {
			t.Errorf("%q: %s, want %s", code, got, want)
		}
	}
}

func TestBrokenHeader(t *testing.T) {
	for _, h := range []apierr.Header{
		{Name: "X Y", Value: "a"},
		{Name: "", Value: "a"},
		{Name: "X:", Value: "a"},
		{Name: "X\r\nY", Value: "a"},
		{Name: "Ä", Value: "a"},
		{Name: "X", Value: "a\r\nY: b"},
		{Name: "X", Value: "a\nb"},
		{Name: "X", Value: "\x00"},
	} {
		if name, broken := brokenHeader([]apierr.Header{{Name: "X-Ok", Value: "ä\t"}, h}); !broken || name != h.Name {
			t.Errorf("%q: %q, %t", h, name, broken)
		}
	}
	if name, broken := brokenHeader([]apierr.Header{{Name: "X-Ok", Value: "ä\t"}}); broken {
		t.Errorf("%q is broken", name)
	}
}

func TestValidStatus(t *testing.T) {
	for status, want := range map[int]int{200: 200, 332: 332, 999: 999, 0: 500, 42: 500, 100: 500, 1000: 500, -1: 500} {
		if got := validStatus(status); got != want {
			t.Errorf("%d: %d", status, got)
		}
	}
}
