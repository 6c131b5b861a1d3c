package pgsql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestFiltersOfRepresentations tries all operators on a column whose values clients write in another form, and compares
// with the same ones in SQL, on the values themselves.
func TestFiltersOfRepresentations(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	if _, err := conn.Exec(t.Context(), `insert into api.paints values ('ghi', 1), ('jkl', null), ('mno', 16711680)`); err != nil {
		t.Fatal(err)
	}
	numbers := map[string]string{"#0000ff": "255", "#ff0000": "16711680", "#000001": "1", "#123456": "1193046"}
	sql := map[string]string{"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
	for a, numberA := range numbers {
		conditions := map[string]string{
			"isdistinct." + a: "shade is distinct from " + numberA, "in.(" + a + ")": "shade in (" + numberA + ")",
			"in.()": "false", "is.null": "shade is null",
		}
		for name, operator := range sql {
			conditions[name+"."+a] = "shade " + operator + numberA
			if name == "neq" { // which cannot be quantified
				continue
			}
			for b, numberB := range numbers {
				for _, quantifier := range []string{"any", "all"} {
					conditions[fmt.Sprintf("%s(%s).{%s,\"%s\"}", name, quantifier, a, b)] = fmt.Sprintf("shade %s %s (array[%s, %s])", operator, quantifier, numberA, numberB)
				}
			}
			conditions[name+"(any).{"+a+",NULL}"] = fmt.Sprintf("shade %s any (array[%s, null])", operator, numberA)
			conditions[name+"(all).{}"] = "true"
		}
		for filter, condition := range conditions {
			for _, not := range []string{"", "not."} {
				want := idsOf(t, conn, "select to_json(code)::text from api.paints where "+strings.TrimSuffix(not, ".")+"("+condition+")")
				url := "/paints?select=id:code&shade=" + strings.ReplaceAll(not+filter, "#", "%23")
				if got := elements(t, bodyOf(execute(t, conn, Main(call{method: "GET", url: url}.plan(t), Options{})))); !slices.Equal(got, want) {
					t.Errorf("%s\n%s\n got %v\nwant %v", url, condition, got, want)
				}
			}
		}
	}
}
