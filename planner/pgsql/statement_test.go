package pgsql

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestSameBytes renders random requests twice: parsed, planned and written anew, and once more with other values.
func TestSameBytes(t *testing.T) {
	for seed := range uint64(500) {
		first := renderRandom(t, seed, func(*generator, string) string { return "first" })
		again := renderRandom(t, seed, func(*generator, string) string { return "first" })
		other := renderRandom(t, seed, func(*generator, string) string { return "another value'\"\\" })
		for i := range first {
			if first[i].SQL != again[i].SQL {
				t.Fatalf("the same request gives\n%s\nand\n%s", first[i].SQL, again[i].SQL)
			}
			if first[i].SQL != other[i].SQL {
				t.Fatalf("with other values\n%s\nbecomes\n%s", first[i].SQL, other[i].SQL)
			}
			if len(first[i].Params) != len(other[i].Params) {
				t.Fatalf("%d values, then %d, of\n%s", len(first[i].Params), len(other[i].Params), first[i].SQL)
			}
		}
	}
}

// TestValuesAreParameters marks every value of random requests: no mark gets into the text, and each into a parameter.
func TestValuesAreParameters(t *testing.T) {
	const mark = "zqvalue"
	for seed := range uint64(2000) {
		marked := 0
		statements := renderRandom(t, seed, func(g *generator, _ string) string {
			marked++
			return mark
		})
		found := 0
		for _, s := range statements {
			if strings.Contains(s.SQL, mark) {
				t.Fatalf("a value is in\n%s", s.SQL)
			}
			for _, p := range s.Params {
				found += strings.Count(string(p.Value), mark)
			}
		}
		if found < marked {
			t.Fatalf("%d values, of which %d are parameters of\n%s", marked, found, statements[0].SQL)
		}
	}
}

// TestConcurrentWriters renders concurrently with a shared pool of writers.
func TestConcurrentWriters(t *testing.T) {
	const workers = 8
	want := make([][]Statement, 50)
	for i := range want {
		want[i] = renderRandom(t, uint64(i), sampleValue)
	}
	done := make(chan bool, workers)
	for range workers {
		go func() {
			equal := true
			for i := range want {
				equal = equal && slices.EqualFunc(want[i], renderRandom(t, uint64(i), sampleValue), equalStatements)
			}
			done <- equal
		}()
	}
	for range workers {
		if !<-done {
			t.Error("a statement differs from the same one rendered alone")
		}
	}
}

func equalStatements(a, b Statement) bool {
	return a.SQL == b.SQL && slices.EqualFunc(a.Params, b.Params, func(p, q Param) bool {
		return p.Binary == q.Binary && string(p.Value) == string(q.Value)
	})
}

// renderRandom renders a random request.
func renderRandom(t *testing.T, seed uint64, value func(*generator, string) string) []Statement {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), value: value}
	plan := g.request(seed).plan(t)
	return []Statement{Main(plan, Options{}), Explain(plan)}
}
