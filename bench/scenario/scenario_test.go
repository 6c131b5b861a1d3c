package scenario

import (
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func load(t *testing.T, text string) (*Scenario, error) {
	t.Helper()
	all, err := Load(fstest.MapFS{"one.yaml": &fstest.MapFile{Data: []byte(text)}}, nil)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no requests":   "about: nothing",
		"no path":       "requests: [{method: GET}]",
		"relative path": "requests: [{path: items}]",
		"unknown key":   "requests: [{path: /x, methode: GET}]",
		"no YAML":       "requests: [",
		"weight":        "requests: [{path: /x, weight: -1}]",
		"clients":       "{clients: -1, requests: [{path: /x}]}",
	} {
		if _, err := load(t, text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Load(fstest.MapFS{}, []string{"missing"}); err == nil {
		t.Error("a name that no scenario has is accepted")
	}
}

func TestBuiltInScenarios(t *testing.T) {
	all, err := Load(os.DirFS("../scenarios"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Errorf("%d scenarios, want at least 15", len(all))
	}
	for _, s := range all {
		for _, c := range s.Expand(50, 1, func(_ bool, i int) string { return strconv.Itoa(i) }) {
			if s.About == "" || placeholder.MatchString(c.Path) || placeholder.Match(c.Body) {
				t.Errorf("%s: %+v is not complete", s.Name, c)
			}
		}
		if want := s.Name == "jwt_rs256"; s.RSA() != want {
			t.Errorf("%s: needs an RSA key: %t", s.Name, s.RSA())
		}
		if want := map[bool]int{true: 10_000, false: fewest}[s.Name == "jwt_many"]; s.Variants() != want {
			t.Errorf("%s: %d variants, want %d", s.Name, s.Variants(), want)
		}
	}
}

func TestBuiltInCurves(t *testing.T) {
	names, err := Curves(os.DirFS("../scenarios"))
	if err != nil || !slices.Equal(names, []string{"bytes", "depth", "lines", "rows"}) {
		t.Fatalf("curves %v, %v", names, err)
	}
	for _, name := range names {
		if _, err := LoadCurve(os.DirFS("../scenarios"), name); err != nil {
			t.Error(err)
		}
	}
}

func TestCurve(t *testing.T) {
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"rows":    `{about: "{value} rows", values: [5], requests: [{path: "/a?limit={value}", headers: {Range: "0-{value}"}, body: "{value}"}]}`,
		"depth":   `{values: [0, 1], each: {0: [{path: /a}], 1: [{path: /b}]}}`,
		"empty":   `{requests: [{path: /a}]}`,
		"lacking": `{values: [0, 2], each: {0: [{path: /a}]}}`,
		"wrong":   `{values: [1], requests: [{path: a}]}`,
		"large":   `{values: [1], large: true, clients: 2, requests: [{path: /a}]}`,
	} {
		files[path.Join("curves", name+".yaml")] = &fstest.MapFile{Data: []byte(text)}
	}
	rows, err := LoadCurve(files, "rows")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // filling in must not change the curve itself
		s, err := rows.At(7)
		if err != nil {
			t.Fatal(err)
		}
		if r := s.Requests[0]; s.About != "7 rows" || r.Path != "/a?limit=7" || r.Headers["Range"] != "0-7" || r.Body != "7" || r.Method != "GET" {
			t.Errorf("rows at 7: %+v", s)
		}
		if rows.Requests[0].Path != "/a?limit={value}" {
			t.Errorf("the curve became %+v", rows)
		}
	}
	depth, err := LoadCurve(files, "depth")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := depth.At(1); err != nil || s.Requests[0].Path != "/b" {
		t.Errorf("depth at 1: %+v, %v", s, err)
	}
	large, err := LoadCurve(files, "large")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := large.At(1); err != nil || !s.Large || s.Clients != 2 {
		t.Errorf("large at 1: %+v, %v", s, err)
	}
	for _, name := range []string{"empty", "lacking", "wrong", "missing"} {
		if _, err := LoadCurve(files, name); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestExpand(t *testing.T) {
	s, err := load(t, `
requests:
  - {path: "/a?id=eq.{5..9}", weight: 3, headers: {B: "{token:4}", A: x}}
  - {path: /b, method: POST, repeat: 3, body: '{"v": {1..1000000}}', status: 201}
`)
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[int]bool{}
	all := s.Expand(4000, 7, func(rsa bool, i int) string { tokens[i] = !rsa; return "t" })
	count := map[string]int{}
	for _, c := range all {
		count[c.Path]++
		if c.Method != "POST" {
			continue
		}
		rows := strings.Split(strings.Trim(string(c.Body), "[]"), ",")
		if len(rows) != 3 || rows[0] == rows[1] {
			t.Fatalf("the body %s is no array of three rows of their own", c.Body)
		}
	}
	if len(count) != 6 || count["/b"] < 850 || count["/b"] > 1150 {
		t.Errorf("paths %v, want five of /a and a quarter of /b", count)
	}
	if len(tokens) != 4 || !tokens[0] {
		t.Errorf("tokens %v, want 4 with the secret", tokens)
	}
	again := s.Expand(4000, 7, func(bool, int) string { return "t" })
	for i := range all {
		if all[i].Path != again[i].Path || string(all[i].Body) != string(again[i].Body) {
			t.Fatal("the same seed gives other requests")
		}
	}
}

func TestOK(t *testing.T) {
	for _, test := range []struct {
		expected, status int
		want             bool
	}{{0, 200, true}, {0, 299, true}, {0, 300, false}, {404, 404, true}, {404, 200, false}} {
		c := Concrete{Status: test.expected}
		if got := c.OK(test.status); got != test.want {
			t.Errorf("expected %d, status %d: %t", test.expected, test.status, got)
		}
	}
}
