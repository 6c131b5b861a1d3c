package pgsql

import (
	"fmt"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestManyRows writes far more rows than a statement has parameters.
func TestManyRows(t *testing.T) {
	const rows = 100_000
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `,{"id": %d, "name": "Actor %d"}`, i+1000, i)
	}
	body := "[" + b.String()[1:] + "]"
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	for _, prefer := range []string{"return=minimal", "resolution=merge-duplicates", "missing=default"} {
		c := call{method: "POST", url: "/actors?columns=id,name", body: body, headers: map[string][]string{"Prefer": {prefer}}}
		s := Main(c.plan(t), Options{})
		if len(s.Params) != 1 {
			t.Errorf("%s: %d parameters", prefer, len(s.Params))
		}
		if answer := answerOf(execute(t, conn, s)); !strings.HasPrefix(answer, fmt.Sprintf("page=%d", rows)) {
			t.Errorf("%s: the answer is %.100s", prefer, answer)
		}
	}
}

// TestBodyOfNothing sees that an empty body is an empty value, not NULL.
func TestBodyOfNothing(t *testing.T) {
	c := call{
		method: "POST", url: "/rpc/whole_text", headers: map[string][]string{"Content-Type": {"text/plain"}},
	}
	s := Main(c.plan(t), Options{})
	if len(s.Params) != 1 || s.Params[0].Value == nil {
		t.Fatalf("the parameters are %v", s.Params)
	}
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if answer := answerOf(execute(t, conn, s)); answer != "page=1\n\"\"" {
		t.Errorf("the answer is %s", answer)
	}
}
