package gateway

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"trunkline/gateway/idempotency"
)

// series returns the requests by name, method and status that have been counted, apart from those for nothing.
func series(t *testing.T, h *Handler) map[string]int {
	t.Helper()
	var out strings.Builder
	if err := h.Metrics.Write(&out); err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	line := regexp.MustCompile(`(?m)^trunkline_resource_requests_total\{method="(\w+)",name="([^"]*)",resource="(\w+)",status="(\w+)"\} ([1-9]\d*)$`)
	for _, m := range line.FindAllStringSubmatch(out.String(), -1) {
		n, err := strconv.Atoi(m[5])
		if err != nil {
			t.Fatal(err)
		}
		all[strings.Join([]string{m[3], m[2], m[1], m[4]}, " ")] = n
	}
	return all
}

// TestOperationsByName sends batches: each operation counts under what it names, also if it is executed with others, and
// of a batch that fails the one because of which it does. Answers that are repeated are none of operations.
func TestOperationsByName(t *testing.T) {
	m := newMoving(t, "admin-metrics-relations = 2", "db-idempotency = true")
	if err := idempotency.Install(t.Context(), m.db); err != nil {
		t.Fatal(err)
	}
	m.certain.Store(true)
	insert := func(id string) string {
		return `{"method": "POST", "path": "/coded", "body": {"id": ` + id + `, "code": 1}}`
	}
	const get, call = `{"method": "GET", "path": "/coded?id=eq.1"}`, `{"method": "POST", "path": "/rpc/take", "body": {"code": 3}}`
	for _, c := range []struct {
		operations, header string
		status             int
		want               map[string]int
	}{
		{
			strings.Join([]string{insert("2"), insert("3"), insert("4"), get, call}, ", "), "Idempotency-Key: once", 200,
			map[string]int{"relation api.coded POST 2xx": 3, "relation api.coded GET 2xx": 1, "routine api.take POST 2xx": 1},
		},
		{strings.Join([]string{insert("2"), insert("3"), insert("4"), get, call}, ", "), "Idempotency-Key: once", 200, nil},
		{strings.Join([]string{get, insert("5"), insert("1"), call}, ", "), "X: y", 409, map[string]int{"relation api.coded POST 4xx": 1}},
		{strings.Join([]string{get, `{"method": "DELETE", "path": "/nowhere"}`}, ", "), "X: y", 404, map[string]int{"other other DELETE 4xx": 1}},
		{get + `, {"method": "BREW", "path": "/coded"}`, "X: y", 405, map[string]int{"other other other 4xx": 1}},
		{`{"method": "GET", "path": "/sites"}`, "X: y", 200, map[string]int{"other other GET 2xx": 1}}, // there is no room
		{`{"method": "GET", "path": "/coded?no=eq.1"}`, "X: y", 400, map[string]int{"relation api.coded GET 4xx": 1}},
	} {
		m.handler.observers.resources.setMost(0) // begins anew
		m.handler.observers.resources.setMost(2)
		m.batch("[" + get + ", " + call + "]") // are the ones with names
		before := series(t, m.handler)
		if s := m.batch("["+c.operations+"]", c.header); s.status != c.status {
			t.Fatalf("%s: %d %s", c.operations, s.status, s.body)
		}
		got := series(t, m.handler)
		want := maps.Clone(before)
		want[fmt.Sprintf("other other POST %dxx", c.status/100)]++ // the batch itself
		for key, n := range c.want {
			want[key] += n
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", c.operations, got, want)
		}
	}
}
