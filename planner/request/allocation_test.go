package request

import "testing"

// TestAllocations pins the allocations of the hot path: the request itself and one for each list that it holds.
func TestAllocations(t *testing.T) {
	o := testOptions()
	for _, tc := range []struct {
		in   Input
		want float64
	}{
		{Input{Method: "GET", Path: "/films"}, 2},
		{Input{Method: "GET", Path: "/films", RawQuery: "id=eq.1"}, 3},
		{Input{Method: "GET", Path: "/films", RawQuery: "select=id,title&year=gt.1990&order=title.desc&limit=25"}, 5},
		{Input{Method: "GET", Path: "/rpc/f", RawQuery: "n=1"}, 4},
		{Input{Method: "DELETE", Path: "/films", RawQuery: "id=eq.1", Prefer: []string{"return=minimal"}}, 3},
	} {
		tc.in.Accept = Header{"application/json", true}
		got := testing.AllocsPerRun(100, func() {
			if _, err := parseWhole(&tc.in, o); err != nil {
				t.Fatal(err)
			}
		})
		if got > tc.want {
			t.Errorf("%s?%s: %v allocations, want %v", tc.in.Path, tc.in.RawQuery, got, tc.want)
		}
	}
}

// TestBulkAllocations shows that rows of JSON cost no allocations.
func TestBulkAllocations(t *testing.T) {
	few, many := jsonRows(2), jsonRows(5000)
	scan := func(body []byte) float64 {
		return testing.AllocsPerRun(10, func() { scanJSON(body, nil) })
	}
	if a, b := scan(few), scan(many); a != b {
		t.Errorf("2 rows: %v allocations, 5000 rows: %v", a, b)
	}
}
