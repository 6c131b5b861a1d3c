package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

// coded is a change of a column's type, and a value that the column has then, as it is in a URL and as JSON. What a
// statement was prepared for before the change does not fit after it.
type coded struct{ change, code, json string }

func codes() []coded {
	return []coded{
		{"", "5", "5"},
		{"ALTER TABLE api.codes ALTER code TYPE text; UPDATE api.codes SET code = 'x'", "x", `"x"`},
		{"ALTER TABLE api.codes ALTER code TYPE date USING '2026-02-03'", "2026-02-03", `"2026-02-03"`},
	}
}

// wantsCode reads the row by its value, often enough for the statement to be prepared.
func wantsCode(g *gateway, c coded) {
	g.t.Helper()
	for range 20 {
		g.wants("/codes?code=eq."+c.code, http.StatusOK, `[{"code":`+c.json+`}]`)
	}
}

// TestStatementsOutliveGateways lets a gateway prepare a statement that stays on PgBouncer's server connection after
// the gateway has ended and the schema has changed. The next gateway must not use it.
func TestStatementsOutliveGateways(t *testing.T) {
	t.Parallel()
	b := newBouncer(t, bouncerFixture)
	conn := pgtest.Conn(t, b.direct)
	for _, step := range codes() {
		execute(t, conn, step.change)
		g := b.gateway(t, true)
		wantsCode(g, step)
		if code := g.stop(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if !slices.ContainsFunc(b.statements(t), func(sql string) bool { return strings.Contains(sql, "codes") }) {
			t.Error("no statement was left on a server connection, so this shows nothing")
		}
	}
}

// TestStatementsOfOtherGateways reloads two gateways at different times. A statement that one of them prepared between
// two changes must not be used by the other after them, although both have reloaded once.
func TestStatementsOfOtherGateways(t *testing.T) {
	t.Parallel()
	b := newBouncer(t, bouncerFixture)
	conn := pgtest.Conn(t, b.direct)
	first, second := b.gateway(t, true), b.gateway(t, true)
	for n, step := range codes() {
		g := []*gateway{first, first, second}[n]
		if step.change != "" {
			execute(t, conn, step.change+fmt.Sprintf("; CREATE VIEW api.step%d AS SELECT; GRANT SELECT ON api.step%[1]d TO bouncer_anon", n))
			g.signal(syscall.SIGUSR1)
			g.eventually("reloaded", func() bool { return g.get(fmt.Sprint("/step", n)).status == http.StatusOK })
		}
		wantsCode(g, step)
	}
}

// statements returns the texts of the prepared statements on a server connection of PgBouncer.
func (b *bouncer) statements(t *testing.T) []string {
	t.Helper()
	conn := pgtest.Conn(t, b.login)
	rows, err := conn.Query(t.Context(), "SELECT statement FROM pg_prepared_statements", pgx.QueryExecModeExec)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}
