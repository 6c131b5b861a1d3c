package scenario

import (
	"os"
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
		for _, c := range s.Expand(50, 1, strconv.Itoa) {
			if s.About == "" || placeholder.MatchString(c.Path) || placeholder.Match(c.Body) {
				t.Errorf("%s: %+v is not complete", s.Name, c)
			}
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
	all := s.Expand(4000, 7, func(i int) string { tokens[i] = true; return "t" })
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
	if len(tokens) != 4 {
		t.Errorf("%d tokens, want 4", len(tokens))
	}
	again := s.Expand(4000, 7, func(int) string { return "t" })
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
