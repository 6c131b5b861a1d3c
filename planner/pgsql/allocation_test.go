//go:build !race

package pgsql

import "testing"

// TestAllocations pins what rendering allocates: the text, the parameters, and their values.
func TestAllocations(t *testing.T) {
	const most = 3
	for name, c := range benchmarks() {
		plan := c.plan(t)
		if n := testing.AllocsPerRun(100, func() { Main(plan, Options{}) }); n > most {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	s := benchSession()
	if n := testing.AllocsPerRun(100, func() { SetSession(s) }); n > most {
		t.Errorf("session: %v allocations", n)
	}
}
