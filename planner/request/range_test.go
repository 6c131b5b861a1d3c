package request

import (
	"math"
	"testing"
)

func TestTopRange(t *testing.T) {
	for _, tc := range []struct {
		query, header string
		want          Range
	}{
		{"", "", AllRows},
		{"limit=5", "", Range{0, 5}},
		{"limit=5&limit=7", "", Range{0, 7}},
		{"offset=3", "", Range{3, NoLimit}},
		{"limit=5&offset=3", "", Range{3, 5}},
		{"limit=0", "", Range{0, 0}},
		{"limit=0", "3-1", Range{0, 0}},
		{"limit=+7+", "", Range{0, 7}},
		{"limit=", "", AllRows},
		{"limit", "", AllRows},
		{"limit=ten", "", AllRows},
		{"limit=1e3", "", AllRows},
		{"offset=ten", "", AllRows},
		{"limit=5&offset=ten", "", Range{0, 5}},
		{"offset=-3", "", AllRows},
		{"limit=10&offset=-3", "", Range{0, 7}},
		{"limit=99999999999999999999", "", Range{0, math.MaxInt64}},
		{"offset=99999999999999999999", "", Range{math.MaxInt64, NoLimit}},
		{"offset=-99999999999999999999", "", AllRows},
		{"", "0-4", Range{0, 5}},
		{"", "2-", Range{2, NoLimit}},
		{"", "3-3", Range{3, 1}},
		{"", "items=0-1", AllRows},
		{"", "-2", AllRows},
		{"", "0-1,3-4", AllRows},
		{"", "0-1 ", AllRows},
		{"", "x", AllRows},
		{"", "0-99999999999999999999", Range{0, math.MaxInt64}},
		{"limit=3", "1-9", Range{1, 2}},
		{"limit=3&offset=5", "0-6", Range{5, 2}},
		{"offset=5", "2-", Range{5, NoLimit}},
	} {
		r := mustParse(t, Input{Method: "GET", Path: "/films", RawQuery: tc.query, Range: tc.header})
		wantEqual(t, tc.query+" Range: "+tc.header, r.Range, tc.want)
	}
}

func TestTopRangeErrors(t *testing.T) {
	const negative = "Limit should be greater than or equal to zero."
	const swapped = "The lower boundary must be lower than or equal to the upper boundary in the Range header."
	for _, tc := range []struct{ query, header, want string }{
		{"limit=-1", "", negative},
		{"", "1-0", swapped},
		{"limit=-1", "1-0", swapped},
		{"offset=10", "0-4", negative},
		{"limit=0&offset=5", "", negative},
		{"limit=ten&offset=5", "", negative},
		{"limit=2&offset=-5", "", negative},
	} {
		err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: tc.query, Range: tc.header}, testOptions())
		wantEqual(t, tc.query+" Range: "+tc.header, []any{err.Code, err.Status, err.Details}, []any{"PGRST103", 416, tc.want})
	}
}

// TestRangeHeaderElsewhere shows that the Range header counts on GET only.
func TestRangeHeaderElsewhere(t *testing.T) {
	for method, path := range map[string]string{"HEAD": "/films", "POST": "/rpc/f", "DELETE": "/films"} {
		wantEqual(t, method, mustParse(t, Input{Method: method, Path: path, Range: "3-1"}).Range, AllRows)
	}
	wantEqual(t, "routine", mustParse(t, Input{Method: "GET", Path: "/rpc/f", Range: "1-2"}).Range, Range{1, 2})
}

func TestRangeOfPut(t *testing.T) {
	for query, want := range map[string]string{
		"limit=1": "PGRST114", "offset=1": "PGRST114", "limit=0": "PGRST114", "limit=-1": "PGRST103",
	} {
		err := mustFail(t, Input{Method: "PUT", Path: "/films", RawQuery: query, Body: []byte("{}")}, testOptions())
		wantEqual(t, query, err.Code, want)
	}
	wantEqual(t, "Range header", mustParse(t, Input{Method: "PUT", Path: "/films", Range: "0-1", Body: []byte("{}")}).Range,
		AllRows)
}

func TestEmbeddedRanges(t *testing.T) {
	for query, want := range map[string][]PathRange{
		"roles.limit=5":  {{Path{"roles"}, Range{0, 5}}},
		"roles.offset=2": {{Path{"roles"}, Range{2, NoLimit}}},
		"roles.people.limit=5&roles.people.offset=2": {{Path{"roles", "people"}, Range{2, 5}}},
		"roles.limit=-5":                                   {{Path{"roles"}, Range{0, NegativeLimit}}},
		"roles.limit=-5&roles.offset=3":                    {{Path{"roles"}, Range{3, NegativeLimit}}},
		"roles.offset=-2":                                  {{Path{"roles"}, Range{-2, NoLimit}}},
		"roles.limit=0&roles.offset=3":                     {{Path{"roles"}, Range{3, 0}}},
		"roles.limit=ten":                                  {{Path{"roles"}, AllRows}},
		"roles.limit=1&roles.limit=2":                      {{Path{"roles"}, Range{0, 2}}},
		"a.limit=1&b.limit=2&a.offset=3&%22c.d%22.limit=4": {{Path{"a"}, Range{3, 1}}, {Path{"b"}, Range{0, 2}}, {Path{"c.d"}, Range{0, 4}}},
	} {
		wantEqual(t, query, mustQuery(t, query).Ranges, want)
	}
	r := mustParse(t, Input{Method: "DELETE", Path: "/films", RawQuery: "roles.limit=5&.limit=1"})
	wantEqual(t, "of a write", r.Query.Ranges, []PathRange(nil))
}

func TestSaturatingAdd(t *testing.T) {
	for _, tc := range [][3]int64{
		{1, 2, 3},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64, -1, math.MaxInt64 - 1},
		{math.MinInt64, -1, math.MinInt64},
		{math.MinInt64, math.MaxInt64, -1},
	} {
		wantEqual(t, "sum", saturatingAdd(tc[0], tc[1]), tc[2])
	}
}
