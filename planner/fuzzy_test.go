package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	tests := []struct {
		name  string
		query string
		names []string
		least float64
		want  string
		exact bool
	}{
		{"one letter off", "projecxs", []string{"projects", "clients"}, nearlyEqual, "projects", false},
		{"equal but for case", "Projects", []string{"clients", "projects"}, nearlyEqual, "projects", true},
		{"the name keeps its case", "projectx", []string{"Projects"}, nearlyEqual, "Projects", false},
		{"two of eight letters", "projecxx", []string{"projects"}, nearlyEqual, "projects", false},
		{"three of eight letters", "projexxx", []string{"projects"}, nearlyEqual, "", false},
		{"nothing alike", "noclosealternative", []string{"roles", "films"}, likeEnough, "", false},
		{"the nearest by edits wins", "unnamed_int", []string{"unnamed_json", "unnamed_ints"}, likeEnough, "unnamed_ints", false},
		{"no common 3-gram, and equal by edits", "axb", []string{"ayb", "ab"}, likeEnough, "ab", false},
		{"no common gram", "abc", []string{"xyz"}, 0, "", false},
		{"punctuation does not count in grams", "a_b_c", []string{"abc"}, likeEnough, "abc", false},
		{"other scripts", "прoекты", []string{"проекты"}, nearlyEqual, "проекты", false},
		{"signatures", "(nam)", []string{"(name)", "(id)"}, likeEnough, "(name)", false},
		{"an empty query", "", []string{"a"}, likeEnough, "", false},
		{"no names", "a", nil, likeEnough, "", false},
		{"equals in the order given", "abcd", []string{"abcx", "abcy"}, likeEnough, "abcx", false},
		{"too long", strings.Repeat("a", longestQuery+1), []string{strings.Repeat("a", longestQuery)}, likeEnough, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, exact := closest(tt.query, slices.Values(tt.names), tt.least)
			if got != tt.want || exact != tt.exact {
				t.Errorf("closest(%q) = %q, %v; want %q, %v", tt.query, got, exact, tt.want, tt.exact)
			}
		})
	}
}

// The best of very many names is found although only some are ranked by edits.
func TestClosestOfMany(t *testing.T) {
	names := manyNames(2000)
	got, _ := closest("measurement_of_sensor_01234", slices.Values(names), nearlyEqual)
	if got != "measurements_of_sensor_01234" {
		t.Errorf("got %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 1},
		{"", "abc", 3},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
		{"same", "same", 0},
	} {
		m := matcher{query: []rune(tt.a)}
		if got := m.distance([]rune(tt.b)); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestGramsEncloseAndStrip(t *testing.T) {
	count := func(name string, size int) int { return len(slices.Collect(grams([]rune(name), size))) }
	for _, tt := range []struct {
		name       string
		two, three int
	}{
		{"", 1, 0},
		{"a", 2, 1},
		{"ab", 3, 2},
		{"a_b", 3, 2},
		{"_", 1, 0},
	} {
		if two, three := count(tt.name, 2), count(tt.name, 3); two != tt.two || three != tt.three {
			t.Errorf("grams(%q): %d and %d, want %d and %d", tt.name, two, three, tt.two, tt.three)
		}
	}
}

func manyNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("measurements_of_sensor_%05d", i)
	}
	return names
}

func BenchmarkClosest(b *testing.B) {
	alike := manyNames(50_000)
	mixed := make([]string, len(alike))
	words := []string{"film", "person", "invoice", "shipment", "account", "ledger", "sensor", "event", "audit", "role"}
	for i := range mixed {
		mixed[i] = fmt.Sprintf("%s_%s_%d", words[i%10], words[i/10%10], i)
	}
	for _, bench := range []struct {
		name, query string
		names       []string
	}{
		{"alike", "measurement_of_sensor_01234", alike},
		{"mixed", "invoice_shipmnt_123", mixed},
		{"nothing", "zzzzzzzzzzzzzzzzzzzzzz", mixed},
		{"long", strings.Repeat("sensor", 5_000), alike},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				closest(bench.query, slices.Values(bench.names), nearlyEqual)
			}
		})
	}
}
