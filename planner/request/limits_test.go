package request

import (
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	o := testOptions()
	o.Limits = Limits{Depth: 3, Filters: 4, Embeds: 5, Columns: 6, Values: 7}
	repeat := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s, n), s[len(s)-1:]) }
	for _, tc := range []struct {
		key          string
		within, over string
	}{
		{"url-max-depth", "select=a(b(c(*)))", "select=a(b(c(d(*))))"},
		{"url-max-depth", "or=(and(or(a.eq.1)))", "or=(and(or(and(a.eq.1))))"},
		{"url-max-depth", "select=a(b(c(*))),d(e())", "select=a(b(c(...d(*))))"},
		{"url-max-filters", repeat("a=eq.1&", 4), repeat("a=eq.1&", 5)},
		{"url-max-filters", "a=eq.1&or=(a.eq.1,and(a.eq.1,a.eq.1))", "a=eq.1&or=(a.eq.1,and(a.eq.1,a.eq.1,a.eq.1))"},
		{"url-max-embeds", "select=a(),b(),c(),d(e())", "select=a(),b(),c(),d(e(),f())"},
		{"url-max-embeds", "a.limit=1&b.limit=1&c.limit=1&d.limit=1&e.limit=1&e.offset=1", "a.limit=1&b.limit=1&c.limit=1&d.limit=1&e.limit=1&f.offset=1"},
		{"url-max-depth", "p(q(r(a)))=eq.1", "p(q(r(s(a))))=eq.1"},
		{"url-max-depth", "or=(p(q(a)).eq.1)", "or=(p(q(r(a))).eq.1)"},
		{"url-max-filters", repeat("p(a)=eq.1&", 4), repeat("p(a)=eq.1&", 5)},
		{"url-max-filters", "or=(p().is.null,p(a).eq.1,p(or(a.eq.1,a.eq.1)))", "or=(p().is.null,p(a).eq.1,p(or(a.eq.1,a.eq.1,a.eq.1)))"},
		{"url-max-embeds", "select=a(),b()&p(q(a))=eq.1&or=(p(a).eq.1)", "select=a(),b()&p(q(a))=eq.1&or=(p(a).eq.1,p(a).eq.1)"},
		{"url-max-values", "a=in.(1,2,3)&or=(b.in.(1,2),c.in.(1,2))", "a=in.(1,2,3)&or=(b.in.(1,2),c.in.(1,2,3))"},
		{"url-max-columns", "select=" + repeat("a,", 6), "select=" + repeat("a,", 7)},
		{"url-max-columns", "select=x(" + repeat("a,", 6) + ")", "select=x(" + repeat("a,", 7) + ")"},
		{"url-max-columns", "order=" + repeat("a,", 6), "order=" + repeat("a,", 7)},
		{"url-max-columns", "columns=" + repeat("a,", 6), "columns=" + repeat("a,", 7)},
		{"url-max-columns", "on_conflict=" + repeat("a,", 6), "on_conflict=" + repeat("a,", 7)},
	} {
		if _, err := parseWhole(&Input{Method: "GET", Path: "/films", RawQuery: tc.within}, o); err != nil {
			t.Errorf("%s: %v", tc.within, err)
		}
		err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: tc.over}, o)
		hint, _ := err.Hint.(string)
		if err.Code != "TRUNK400" || !strings.Contains(hint, tc.key) {
			t.Errorf("%s: got %v, hint %q, want the limit %s", tc.over, err, hint, tc.key)
		}
	}
}

// TestLimitsOfMergePatches counts the members of all objects, and their nesting.
func TestLimitsOfMergePatches(t *testing.T) {
	o := testOptions()
	o.Limits = Limits{Depth: 2, Columns: 6}
	for body, key := range map[string]string{
		`{"a":{"b":{"c":1,"d":2}},"e":null,"f":3}`:       "",
		`{"a":{"b":{"c":1,"d":2}},"e":null,"f":3,"g":4}`: "url-max-columns",
		`{"a":{"b":{"c":{}}}}`:                           "url-max-depth",
	} {
		in := Input{Method: "PATCH", Path: "/films", Body: []byte(body), ContentType: "application/merge-patch+json"}
		_, err := parseWhole(&in, o)
		if hint := ""; err != nil {
			hint, _ = err.Hint.(string)
			if key == "" || !strings.Contains(hint, key) {
				t.Errorf("%s: %v, hint %q", body, err, hint)
			}
		} else if key != "" {
			t.Errorf("%s is within the limits", body)
		}
	}
}

// TestDeepNesting shows that depth beyond the default limit is an error, not a deep recursion.
func TestDeepNesting(t *testing.T) {
	const depth = 100_000
	for _, query := range []string{
		"select=" + strings.Repeat("a(", depth), "or=" + strings.Repeat("(or", depth), "and=" + strings.Repeat("(not.and", depth),
		strings.Repeat("p(", depth) + "=eq.1", "or=" + strings.Repeat("(p(or", depth) + ")",
	} {
		err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: query}, testOptions())
		wantEqual(t, query[:12], err.Code, "TRUNK400")
	}
}
