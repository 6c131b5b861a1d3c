package request

import "testing"

// relatedTo is a term that looks for a related row.
func relatedTo(relation, hint string, terms ...Logic) Logic {
	return Logic{Op: LogicRelated, Related: &Related{Relation: relation, Hint: hint}, Terms: terms}
}

// plainly says what PostgREST makes of a parameter.
func plainly(tree Logic, f Filter) Logic {
	f.Field.Name = tree.Related.Relation
	tree.Related.Plain = &f
	return tree
}

func negated(tree Logic) Logic {
	tree.Not = true
	return tree
}

func TestRelatedParameters(t *testing.T) {
	x := Filter{Value: "x"}
	both := Logic{Op: LogicAnd, Terms: []Logic{cond("a", x), cond("b", Filter{Not: true, Op: OpIs})}}
	inJSON := Logic{Filter: Filter{Field: Field{Name: "a", Path: []JSONStep{{AsText: true, Key: "b"}}}, Value: "x"}}
	for query, want := range map[string]PathLogic{
		"p(a)=eq.x":                     {Tree: plainly(relatedTo("p", "", cond("a", x)), x)},
		"p( a )=eq.x":                   {Tree: plainly(relatedTo("p", "", cond("a", x)), x)},
		"p(a->>b)=eq.x":                 {Tree: plainly(relatedTo("p", "", inJSON), x)},
		"p!h(a)=not.in.(x,y)":           {Tree: plainly(relatedTo("p", "h", cond("a", Filter{Not: true, Op: OpIn, List: []string{"x", "y"}})), Filter{Not: true, Op: OpIn, List: []string{"x", "y"}})},
		`"p.q"!"h h"("a)")=eq.x`:        {Tree: plainly(relatedTo("p.q", "h h", cond("a)", x)), x)},
		"e.f.p(a)=eq.x":                 {Path: Path{"e", "f"}, Tree: plainly(relatedTo("p", "", cond("a", x)), x)},
		"p(q!h(a))=eq.x":                {Tree: plainly(relatedTo("p", "", relatedTo("q", "h", cond("a", x))), x)},
		"p(and)=(a.eq.x,b.not.is.null)": {Tree: relatedTo("p", "", both)},
		"p(not.and)=(a.eq.x,b.not.is.null)": {
			Tree: relatedTo("p", "", Logic{Op: LogicAnd, Not: true, Terms: both.Terms}),
		},
		"p(q(or))=(a.eq.x)":                 {Tree: relatedTo("p", "", relatedTo("q", "", Logic{Op: LogicOr, Terms: []Logic{cond("a", x)}}))},
		`p("and")=eq.x`:                     {Tree: plainly(relatedTo("p", "", cond("and", x)), x)},
		"p(order)=eq.x":                     {Tree: plainly(relatedTo("p", "", cond("order", x)), x)},
		"p()=is.null":                       {Tree: plainly(negated(relatedTo("p", "")), Filter{Op: OpIs})},
		"p()=not.is.null":                   {Tree: plainly(relatedTo("p", ""), Filter{Op: OpIs, Not: true})},
		"p()=is.not_null":                   {Tree: plainly(relatedTo("p", ""), Filter{Op: OpIs, Not: true})},
		"p(q())=is.null":                    {Tree: plainly(relatedTo("p", "", negated(relatedTo("q", ""))), Filter{Op: OpIs})},
		"or=(p(a).eq.x,q!h(b).eq.x)":        {Tree: Logic{Op: LogicOr, Terms: []Logic{relatedTo("p", "", cond("a", x)), relatedTo("q", "h", cond("b", x))}}},
		"or=(p(and(a.eq.x,b.not.is.null)))": {Tree: Logic{Op: LogicOr, Terms: []Logic{relatedTo("p", "", both)}}},
		"not.and=( p(a).eq.x , p().is.null)": {Tree: Logic{Op: LogicAnd, Not: true, Terms: []Logic{
			relatedTo("p", "", cond("a", Filter{Value: "x "})), negated(relatedTo("p", "")),
		}}},
		"or=(p(q(or(a.eq.x,r(a).eq.x))),a.eq.x)": {Tree: Logic{Op: LogicOr, Terms: []Logic{
			relatedTo("p", "", relatedTo("q", "", Logic{Op: LogicOr, Terms: []Logic{cond("a", x), relatedTo("r", "", cond("a", x))}})),
			cond("a", x),
		}}},
	} {
		q := mustQuery(t, replaceSpaces(query))
		wantEqual(t, query, q.Logic, []PathLogic{want})
		wantEqual(t, query, len(q.Filters), 0)
	}
}

// TestOddKeys has keys that are not those of filters on related rows. Text after the name is ignored then, as
// in PostgREST, unless url-extensions is set.
func TestOddKeys(t *testing.T) {
	strict := testOptions()
	strict.Extensions = true
	for _, tt := range []struct {
		query string
		name  string
		lax   bool // even with the extensions
	}{
		{"p(a=eq.x", "p", false},
		{"p(a)b=eq.x", "p", false},
		{"p(a,b)=eq.x", "p", false},
		{"p()=eq.x", "p", false},
		{"p!(a)=eq.x", "p", false},
		{"p!h)(=eq.x", "p", false},
		{"p(and(a))x=eq.x", "p", false},
		{"p)(=eq.x", "p", true},
		{`"p(a)"=eq.x`, "p(a)", true},
		{`p->"a(b)"=eq.x`, "p", true},
		{"p,(=eq.x", "p", true},
	} {
		q := mustQuery(t, tt.query)
		if len(q.Filters) != 1 || q.Filters[0].Filter.Field.Name != tt.name || len(q.Logic) > 0 {
			t.Errorf("%s: filters %+v, logic %+v", tt.query, q.Filters, q.Logic)
		}
		_, err := parseWhole(&Input{Method: "GET", Path: "/films", RawQuery: tt.query}, strict)
		if (err == nil) != tt.lax || err != nil && err.Code != "PGRST100" {
			t.Errorf("%s, with the extensions: %v", tt.query, err)
		}
	}
	params := mustParse(t, Input{Method: "GET", Path: "/rpc/f", RawQuery: "p(a)=5&p(b)=eq.5"}).Query
	wantEqual(t, "argument", params.Params, []Param{{"p", "5"}})
	wantEqual(t, "filters on the result", len(params.Logic), 1)
}

func TestRelatedErrors(t *testing.T) {
	for query, want := range map[string]string{
		"or=(p(a).lke.x)":    `unexpected "l" expecting "not" or operator (eq, gt, ...)`,
		"or=(p(a)eq.x)":      `unexpected "e" expecting delimiter (.)`,
		"or=(p().eq.x)":      `unexpected "e" expecting "not" or "is"`,
		"or=(p().is.true)":   `unexpected "t" expecting null or not_null`,
		"p(and)=(a.x.1)":     `unexpected "x" expecting "not" or operator (eq, gt, ...)`,
		"p(or)=a":            `unexpected "a" expecting "("`,
		"and=(oar(id.eq.1))": `unexpected "a" expecting "or"`,
		"or=(p(a.eq.1))":     `unexpected "(" expecting letter, digit, "-", "->>", "->" or delimiter (.)`,
	} {
		err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: query}, testOptions())
		wantEqual(t, query, err.Details, want)
	}
}
