package gateway

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
)

// counted returns the number of requests by name, from the counters and from the histograms, which must agree.
func counted(t *testing.T, h *Handler) map[string]int {
	t.Helper()
	var out strings.Builder
	if err := h.Metrics.Write(&out); err != nil {
		t.Fatal(err)
	}
	sum := func(pattern string) map[string]int {
		all := map[string]int{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(out.String(), -1) {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				t.Fatal(err)
			}
			all[m[1]] += n
		}
		return all
	}
	counters := sum(`(?m)^trunkline_resource_requests_total\{.*name="([^"]*)".*\} (\d+)$`)
	histograms := sum(`(?m)^trunkline_resource_request_duration_seconds_count\{.*name="([^"]*)".*\} (\d+)$`)
	if !maps.Equal(counters, histograms) {
		t.Fatalf("the counters have %v, the histograms %v", counters, histograms)
	}
	return counters
}

// TestRequestsByName sends requests for relations and functions that are there, are not, or are refused for other
// reasons, and compares the series with what was sent. Only names of the snapshot appear.
func TestRequestsByName(t *testing.T) {
	db := fixedDatabase(t)
	cfg := db.config(t, "admin-metrics-relations = 3")
	h := db.handler(t, cfg, io.Discard)
	addr := start(t, h, cfg)
	random := rand.New(rand.NewPCG(3, 4))
	want := map[string]int{"other": 0}
	targets := []struct{ line, name string }{
		{"GET /telescopes?id=eq.1", "api.telescopes"},
		{"HEAD /telescopes", "api.telescopes"},
		{"GET /telescopes?nonsense", "api.telescopes"}, // which does not parse
		{"GET /telescopes?nocolumn=eq.1", "api.telescopes"},
		{"OPTIONS /sites", "api.sites"},
		{"GET /sites?select=name", "api.sites"},
		{"GET /", "other"},
		{"GET /rpc/no_such_function", "other"},
		{"GET /a/b/c", "other"},
		{"BREW /sites", "other"},
	}
	for i := range 60 {
		target := targets[random.IntN(len(targets))]
		if i%3 == 0 {
			target.line, target.name = fmt.Sprintf("GET /made_up_%d%%22%%0A", i), "other"
		}
		method, _, _ := strings.Cut(target.line, " ")
		c := dial(t, addr)
		c.send(target.line + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		c.receive(method)
		want[target.name]++
	}
	got := counted(t, h)
	// Requests that cannot be parsed are not known to name anything.
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("there are series for %q", name)
		}
	}
	total := func(m map[string]int) (n int) {
		for _, requests := range m {
			n += requests
		}
		return n
	}
	if total(got) != total(want) || got["api.sites"] != want["api.sites"] {
		t.Errorf("counted %v, want %v", got, want)
	}

	h.Configure(db.config(t), newAuthenticator(t, cfg)) // the key is not set any more
	c := dial(t, addr)
	c.send("GET /sites HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	c.receive("GET")
	if left := counted(t, h); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestNamesMakeRoom has more relations than may be named, and drops those that are: others take their places, and there
// are never more than configured.
func TestNamesMakeRoom(t *testing.T) {
	db := fixtureDatabase(t)
	conn := pgtest.Conn(t, db.dsn)
	const all, most = 9, 4
	for i := range all {
		sql := fmt.Sprintf("create view api.v%d as select 1 as a; grant select on api.v%d to visitor", i, i)
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	cfg := db.config(t, fmt.Sprintf("admin-metrics-relations = %d", most))
	h := db.handler(t, cfg, io.Discard)
	var snapshot atomic.Pointer[cache.Snapshot]
	snapshot.Store(db.snapshot(t, cfg))
	h.Snapshot = snapshot.Load
	addr := start(t, h, cfg)
	askAll := func() map[string]int {
		for i := range all {
			c := dial(t, addr)
			c.send(fmt.Sprintf("GET /v%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", i))
			c.receive("GET")
		}
		return counted(t, h)
	}
	askAll()
	if got := askAll(); len(got) != most+1 || got["api.v0"] != 2 || got["other"] != 2*(all-most) {
		t.Errorf("%v", got)
	}
	if _, err := conn.Exec(t.Context(), "drop view api.v1, api.v2"); err != nil {
		t.Fatal(err)
	}
	snapshot.Store(db.snapshot(t, cfg))
	got := askAll()
	for name, want := range map[string]bool{"api.v0": true, "api.v1": false, "api.v2": false, "api.v3": true, "api.v4": true, "api.v5": true, "api.v6": false} {
		if _, has := got[name]; has != want {
			t.Errorf("series of %s: %v, want %v; %v", name, has, want, got)
		}
	}
	if len(got) != most+1 {
		t.Errorf("%v", got)
	}
}
