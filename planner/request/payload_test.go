package request

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// payloadCase is a body and the payload made from it; an empty raw means the body itself.
type payloadCase struct {
	body, raw string
	columns   []string
}

func checkPayloads(t *testing.T, in Input, kind PayloadKind, cases []payloadCase) {
	t.Helper()
	for _, tc := range cases {
		in.Body = []byte(tc.body)
		r := mustParse(t, in)
		want := tc.raw
		if want == "" {
			want = tc.body
		}
		if r.Payload == nil || r.Payload.Kind != kind || string(r.Payload.Raw) != want {
			t.Errorf("%q: got %+v, want kind %d and %q", tc.body, r.Payload, kind, want)
			continue
		}
		wantEqual(t, tc.body, r.Columns, tc.columns)
		if kind <= PayloadJSONUnchecked {
			wantEqual(t, "object "+tc.body, r.Payload.Object, strings.HasPrefix(strings.TrimSpace(want), "{"))
		}
	}
}

func TestJSONPayload(t *testing.T) {
	checkPayloads(t, Input{Method: "POST", Path: "/films"}, PayloadJSON, []payloadCase{
		{`{"title":"x","year":1}`, "", []string{"title", "year"}},
		{" \t\r\n{ } \n", "", nil},
		{`[]`, "", nil},
		{` [ ] `, "[]", nil},
		{`[{}]`, "", nil},
		{`[{"b":1,"a":{"x":[1]}},{"a":null,"b":[{}]}]`, "", []string{"a", "b"}},
		{`[{"a":1,"a":2},{"a":3}]`, "", []string{"a"}},
		{`[{"\u0061\n\"\ud83c\udfac":1},{"a\n\"🎬":2}]`, "", []string{"a\n\"🎬"}},
		{`null`, "[]", nil},
		{`1`, "[]", nil},
		{`"x"`, "[]", nil},
	})
}

func TestJSONPayloadErrors(t *testing.T) {
	for body, want := range map[string]string{
		"":                              "Empty or invalid json",
		"}{":                            "Empty or invalid json",
		`{"a":1}x`:                      "Empty or invalid json",
		"{\"a\":\"\xff\"}":              "Empty or invalid json",
		`[{"a":1},{"b":1},`:             "Empty or invalid json",
		`[{"a":1},{"b":1}]`:             "All object keys must match",
		`[{"a":1},{"a":1,"b":1}]`:       "All object keys must match",
		`[{"a":1,"b":1},{"a":1}]`:       "All object keys must match",
		`[{"a":1},{"a":1},{}]`:          "All object keys must match",
		`[{},{"a":1}]`:                  "All object keys must match",
		`[{"a":1,"b":1},{"a":1,"a":2}]`: "All object keys must match",
		`[1]`:                           "All object keys must match",
		`[{"a":1},[]]`:                  "All object keys must match",
		`[null]`:                        "All object keys must match",
	} {
		err := mustFail(t, Input{Method: "POST", Path: "/films", Body: []byte(body)}, testOptions())
		wantEqual(t, body, []any{err.Code, err.Status, err.Message}, []any{"PGRST102", 400, want})
	}
}

// TestColumnsParameter checks that columns=, where it applies, avoids parsing the JSON.
func TestColumnsParameter(t *testing.T) {
	for _, tc := range []struct{ method, path string }{{"POST", "/films"}, {"PATCH", "/films"}, {"POST", "/rpc/f"}} {
		checkPayloads(t, Input{Method: tc.method, Path: tc.path, RawQuery: "columns=b,a"}, PayloadJSONUnchecked, []payloadCase{
			{`{"x":1}`, "", []string{"a", "b"}},
			{` [{"x":1},{}] `, "", []string{"a", "b"}},
			{`no json`, "", []string{"a", "b"}},
			{"", "", []string{"a", "b"}},
		})
	}
	checkPayloads(t, Input{Method: "PUT", Path: "/films", RawQuery: "columns=b,a"}, PayloadJSON, []payloadCase{
		{`{"x":1}`, "", []string{"x"}},
	})
	checkPayloads(t, Input{Method: "POST", Path: "/films", RawQuery: "columns=b,a", ContentType: "text/csv"}, PayloadJSON,
		[]payloadCase{{"x\n1", `[{"x":"1"}]`, []string{"x"}}})
}

func TestRoutinePayload(t *testing.T) {
	in := Input{Method: "POST", Path: "/rpc/f"}
	r := mustParse(t, in)
	if r.Payload == nil || r.Payload.Kind != PayloadJSON || len(r.Payload.Raw) != 0 || !r.Payload.Object || r.Columns != nil {
		t.Errorf("no body: %+v, columns %v", r.Payload, r.Columns)
	}
	for _, media := range []string{"text/plain", "text/xml", "application/octet-stream"} {
		in.ContentType = media
		checkPayloads(t, in, PayloadRaw, []payloadCase{{"a body", "", nil}})
	}
	checkPayloads(t, in, PayloadRaw, []payloadCase{{"\xff\x00", "", nil}})
	in.ContentType, in.Body = "application/x-www-form-urlencoded", []byte("b=1&a=x+%C3%A9&b=2&c;d=")
	r = mustParse(t, in)
	wantEqual(t, "form", r.Payload, &Payload{
		Kind: PayloadForm, Form: []Param{{"b", "1"}, {"a", "x é"}, {"b", "2"}, {"c", ""}, {"d", ""}},
	})
	wantEqual(t, "form keys", r.Columns, []string{"a", "b", "c", "d"})
}

func TestFormPayload(t *testing.T) {
	in := Input{Method: "POST", Path: "/films", ContentType: "application/x-www-form-urlencoded"}
	checkPayloads(t, in, PayloadJSON, []payloadCase{
		{"b=1&a=x+%22y%22&b=2", `{"a":"x \"y\"","b":"2"}`, []string{"a", "b"}},
		{"?a=%0A%09%0D%01%5C", `{"a":"\n\t\r\u0001\\"}`, []string{"a"}},
		{"", "{}", nil},
	})
}

func TestPayloadErrors(t *testing.T) {
	for _, tc := range []struct{ path, media, body, code, message string }{
		{"/films", "text/plain", "x", "PGRST102", "Content-Type not acceptable: text/plain"},
		{"/films", "application/octet-stream", "x", "PGRST102", "Content-Type not acceptable: application/octet-stream"},
		{"/rpc/f", "image/png", "x", "PGRST102", "Content-Type not acceptable: image/png"},
		{"/rpc/f", "text/plain", "\xff", "TRUNK400", "The body is not valid UTF-8 text"},
		{"/rpc/f", "text/plain", "a\x00", "TRUNK400", "The body is not valid UTF-8 text"},
		{"/films", "text/csv", "a\n\xff", "TRUNK400", "The body is not valid UTF-8 text"},
		{"/films", "application/x-www-form-urlencoded", "a=%ff", "TRUNK400", "The body is not valid UTF-8 text"},
		{"/films", "application/x-www-form-urlencoded", "%00=a", "TRUNK400", "The body is not valid UTF-8 text"},
		{"/rpc/f", "application/x-www-form-urlencoded", "a=b&c=%c3%28", "TRUNK400", "The body is not valid UTF-8 text"},
		{"/films?columns=a", "", "{\"\x00\"}", "TRUNK400", "The body is not valid UTF-8 text"},
	} {
		path, query, _ := strings.Cut(tc.path, "?")
		err := mustFail(t, Input{Method: "POST", Path: path, RawQuery: query, ContentType: tc.media, Body: []byte(tc.body)},
			testOptions())
		wantEqual(t, tc.media+" "+tc.body, []any{err.Code, err.Message}, []any{tc.code, tc.message})
	}
}

// TestIgnoredBodies shows which actions take no body, and so accept any.
func TestIgnoredBodies(t *testing.T) {
	for _, in := range []Input{
		{Method: "GET", Path: "/films"},
		{Method: "HEAD", Path: "/films"},
		{Method: "DELETE", Path: "/films"},
		{Method: "OPTIONS", Path: "/films"},
		{Method: "GET", Path: "/rpc/f"},
		{Method: "GET", Path: "/"},
	} {
		in.Body, in.ContentType = []byte("}{\xff"), "image/png"
		if r := mustParse(t, in); r.Payload != nil || r.Columns != nil {
			t.Errorf("%s %s: %+v, columns %v", in.Method, in.Path, r.Payload, r.Columns)
		}
	}
}

func TestCSVPayload(t *testing.T) {
	in := Input{Method: "POST", Path: "/films", ContentType: "text/csv"}
	ab := []string{"a", "b"}
	checkPayloads(t, in, PayloadJSON, []payloadCase{
		{"a,b\n1,x\n2,y\n", `[{"a":"1","b":"x"},{"a":"2","b":"y"}]`, ab},
		{"b,a\r\n1,x\r\n2,y", `[{"a":"x","b":"1"},{"a":"y","b":"2"}]`, ab},
		{"a,b\r1,x\r", `[{"a":"1","b":"x"}]`, ab},
		{"a,b\nNULL,\n\"NULL\",\"\"\nnull, NULL\n", `[{"a":null,"b":""},{"a":null,"b":""},{"a":"null","b":" NULL"}]`, ab},
		{"\"a\",b\n\"x,\"\"y\"\"\nz\",1\n", `[{"a":"x,\"y\"\nz","b":"1"}]`, ab},
		{"a,b\n\n1,x\n\n\n", `[{"a":"1","b":"x"}]`, ab},
		{"a,b\n", "[]", nil},
		{"a,b\n1,x,dropped\n2,y\n", `[{"a":"1","b":"x"},{"a":"2","b":"y"}]`, ab},
		{"a,b\n1\n2\n", `[{"a":"1"},{"a":"2"}]`, []string{"a"}},
		{"a,a\n1,2\n", `[{"a":"2"}]`, []string{"a"}},
		{"\n1\n", `[{"":"1"}]`, []string{""}},
		{"a\né\\\t\x01<\n", `[{"a":"é\\\t\u0001<"}]`, []string{"a"}},
	})
}

func TestCSVErrors(t *testing.T) {
	long := strings.Repeat("y", 98) + "é" + strings.Repeat("z", 50)
	for body, want := range map[string]string{
		"":                       `parse error (not enough input) at ""`,
		"a,b":                    `parse error (not enough input) at ""`,
		"a,b\n1,\"x\n":           `parse error (not enough input) at ""`,
		"a,b\n1,2\n3":            "All lines must have same number of fields",
		"a,b\n3\n1,2\n":          "All lines must have same number of fields",
		"a,b\n1\n2,x\"\n":        `parse error (Failed reading: satisfy) at "\"\n"`,
		"a,b\n\"x\"y,1\n":        `parse error (Failed reading: satisfy) at "y,1\n"`,
		"a,b\nx\"y\t\x0eHé1\\,1": `parse error (Failed reading: satisfy) at "\"y\t\SO\&H\195\169\&1\\,1"`,
		"a\n\"x\"" + long:        "parse error (Failed reading: satisfy) at " + long[:100] + " (truncated)",
		"a\n\"x\"y" + long:       "parse error (Failed reading: satisfy) at y" + long[:98] + " (truncated)",
	} {
		err := mustFail(t, Input{Method: "POST", Path: "/films", ContentType: "text/csv", Body: []byte(body)}, testOptions())
		wantEqual(t, body, []any{err.Code, err.Message}, []any{"PGRST102", want})
	}
}

// TestManyKeys crosses the number of keys from which on they are looked up by an index.
func TestManyKeys(t *testing.T) {
	row := func(reverse bool, n int) string {
		var b bytes.Buffer
		for i := range n {
			k := i
			if reverse {
				k = n - 1 - i
			}
			b.WriteString(`,"k` + strings.Repeat("x", k) + `":1`)
		}
		return "{" + b.String()[1:] + "}"
	}
	for _, n := range []int{1, linearKeys - 1, linearKeys, linearKeys + 1, 5 * linearKeys} {
		same := "[" + row(false, n) + "," + row(true, n) + "," + row(false, n) + "]"
		shape, ok := scanJSON([]byte(same), nil)
		if !ok || !shape.uniform || len(shape.keys) != n {
			t.Errorf("%d keys: %v, %+v", n, ok, shape)
		}
		shape, ok = scanJSON([]byte("["+row(false, n)+","+row(true, n+1)+"]"), nil)
		if !ok || shape.uniform {
			t.Errorf("%d and %d keys: %v, %+v", n, n+1, ok, shape)
		}
	}
}

// TestShortRowsOfLongHeader converts records that have a few of many columns. The time for each depends on its own
// fields only.
func TestShortRowsOfLongHeader(t *testing.T) {
	header := make([]string, 1000)
	for i := range header {
		header[i] = strconv.Itoa(i % 600)
	}
	w := newRowWriter(header, nil)
	w.limit, w.json = 1<<20, []byte("[")
	w.begin(2)
	wantEqual(t, "columns of each record", len(w.columns), 2)
	for range 2 {
		if err := w.add([][]byte{[]byte("a"), []byte("b")}); err != nil {
			t.Fatal(err)
		}
	}
	wantEqual(t, "records", string(w.json), `[{"0":"a","1":"b"},{"0":"a","1":"b"}`)
	wantEqual(t, "keys", w.keys(), []string{"0", "1"})
}
