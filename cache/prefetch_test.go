package cache

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

// TestPrefetch checks that a prefetched result answers its query once, and only with the same parameters.
func TestPrefetch(t *testing.T) {
	l := newLoader(connect(t, "relations.sql"), Options{Schemas: []string{"sky"}})
	all := append(l.exposed(), nil)
	none := append(l.exposed(), l.array(pgtype.OIDArrayOID, []uint32{}))
	read := func(params [][]byte) (names []string) {
		t.Helper()
		if err := l.query(t.Context(), "tables", params, func(r *row) { r.oid(); names = append(names, r.name().Name) }); err != nil {
			t.Fatal(err)
		}
		return names
	}
	want := read(all)
	if len(want) == 0 {
		t.Fatal("no relations were loaded")
	}
	if err := l.prefetch(t.Context(), ask{name: "server"}, ask{name: "tables", params: all}); err != nil {
		t.Fatal(err)
	}
	if got := read(none); len(got) != 0 {
		t.Errorf("%q are read of none", got)
	}
	before := len(l.prefetched)
	requireLines(t, read(all), want)
	if len(l.prefetched) != before-1 {
		t.Error("the rows are not the prefetched ones")
	}
	requireLines(t, read(all), want)
	if err := l.prefetch(t.Context(), ask{name: "server"}, ask{name: "tables"}); err == nil || !strings.Contains(err.Error(), "tables") {
		t.Errorf("a query without its parameters: %v", err)
	}
	if len(l.prefetched) != 0 {
		t.Error("got rows of a flush that failed")
	}
	requireLines(t, read(all), want)
}
