package pgsql

import (
	_ "embed" // the introduction
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunkline/planner/request"
)

//go:embed testdata/operators.md
var operatorsIntroduction string

// describedOperator is a row of the reference of operators. The filter is an example.
type describedOperator struct{ name, meaning, filter string }

// describedOperators returns all operators in the order of their constants.
func describedOperators() []describedOperator {
	return []describedOperator{
		{"eq", "equals", "year=eq.1968"},
		{"gte", "is at least", "year=gte.1968"},
		{"gt", "is greater than", "year=gt.1968"},
		{"lte", "is at most", "year=lte.1968"},
		{"lt", "is less than", "year=lt.1968"},
		{"like", "matches a pattern; `*` stands for any characters, as `%` does", "title=like.The*"},
		{"ilike", "matches a pattern, case-insensitively", "title=ilike.the*"},
		{"match", "matches a regular expression", "title=match.^The"},
		{"imatch", "matches a regular expression, case-insensitively", "title=imatch.^the"},
		{"neq", "does not equal", "year=neq.1968"},
		{"cs", "contains the value: for arrays, ranges, JSON", "tags=cs.{cult,slow}"},
		{"cd", "is contained in the value", "tags=cd.{cult,slow}"},
		{"ov", "overlaps the value: has elements in common", "tags=ov.{cult,slow}"},
		{"sl", "is a range strictly left of the value", "during=sl.[2026-01-01,2026-02-01)"},
		{"sr", "is a range strictly right of the value", "during=sr.[2026-01-01,2026-02-01)"},
		{"nxr", "is a range that does not extend to the right of the value", "during=nxr.[2026-01-01,2026-02-01)"},
		{"nxl", "is a range that does not extend to the left of the value", "during=nxl.[2026-01-01,2026-02-01)"},
		{"adj", "is a range adjacent to the value", "during=adj.[2026-01-01,2026-02-01)"},
		{"in", "is one of the values; quote values that contain a comma or a parenthesis: `in.(\"a,b\",c)`", "year=in.(1968,1972)"},
		{"is", "is `null`, `not_null`, `true`, `false` or `unknown`", "sequel_of=is.null"},
		{"isdistinct", "is distinct from the value, where null is treated as a value", "sequel_of=isdistinct.1"},
		{"fts", "matches a full-text search, in the syntax of `to_tsquery`", "search=fts(english).storm&lighthouse"},
		{"plfts", "matches a full-text search for all words", "search=plfts(english).storm lighthouse"},
		{"phfts", "matches a full-text search for a phrase", "search=phfts(english).last summer"},
		{"wfts", "matches a full-text search in the syntax of search engines", "search=wfts(english).storm -war"},
	}
}

// TestOperatorReference shows that docs/reference/operators.md has each operator, with the SQL that is rendered for it.
// With -update it is written.
func TestOperatorReference(t *testing.T) {
	var out strings.Builder
	out.WriteString(operatorsIntroduction)
	for i, d := range describedOperators() {
		f := parseFilter(t, d.filter)
		if f.Op != request.Operator(i) || !strings.Contains(d.filter, "="+d.name) {
			t.Fatalf("%s is not operator %d of planner/request", d.name, i)
		}
		quantified := "no"
		if name, value, _ := strings.Cut(d.filter, "."); takesQuantifier(name + "(any).{" + value + "}") {
			quantified = "yes"
		}
		fmt.Fprintf(&out, "| `%s` | `%s` | %s | %s | `%s` |\n", d.name, strings.ReplaceAll(operatorSQL(f.Op), "|", `\|`), d.meaning, quantified, d.filter)
	}
	if last := request.Operator(len(describedOperators()) - 1); last != request.OpWfts {
		t.Errorf("the last of planner/request is %d", request.OpWfts)
	}
	path := filepath.Join("..", "..", "docs", "reference", "operators.md")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != out.String() {
		t.Errorf("docs/reference/operators.md is not current: run go test ./planner/pgsql -run Reference -update (%v)", err)
	}
}

// operatorSQL returns what an operator is in SQL.
func operatorSQL(o request.Operator) string {
	switch {
	case o == request.OpIn:
		return "= ANY"
	case o == request.OpIs:
		return "IS"
	case o == request.OpIsDistinct:
		return "IS DISTINCT FROM"
	case o.FullText():
		return "@@ " + strings.TrimSuffix(strings.TrimPrefix(string(query(o)), "pg_catalog."), "(")
	default:
		return strings.TrimSpace(string(operator(o)))
	}
}

// parseFilter returns the only filter of a query string.
func parseFilter(t *testing.T, filter string) *request.Filter {
	t.Helper()
	r, err := parseQuery(filter)
	if err != nil || len(r.Query.Filters) != 1 {
		t.Fatalf("%s: %v, %v", filter, err, r)
	}
	return &r.Query.Filters[0].Filter
}

// takesQuantifier reports whether a filter with (any) can be parsed.
func takesQuantifier(filter string) bool {
	_, err := parseQuery(filter)
	return err == nil
}

func parseQuery(filter string) (*request.Request, error) {
	escaped := strings.NewReplacer("&", "%26", " ", "%20", "#", "%23").Replace(filter)
	r, err := request.Parse(&request.Input{Method: "GET", Path: "/films", RawQuery: escaped}, &request.Options{Schemas: []string{"api"}})
	if err != nil {
		return nil, err
	}
	return r, nil
}
