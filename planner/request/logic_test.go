package request

import "testing"

func cond(name string, f Filter) Logic {
	f.Field.Name = name
	return Logic{Filter: f}
}

func TestLogic(t *testing.T) {
	a := cond("a", Filter{Value: "1"})
	for query, want := range map[string]PathLogic{
		"or=(a.eq.1,a.eq.1)":   {Tree: Logic{Op: LogicOr, Terms: []Logic{a, a}}},
		"and=(a.eq.1)":         {Tree: Logic{Op: LogicAnd, Terms: []Logic{a}}},
		"not.or=(a.eq.1)":      {Tree: Logic{Op: LogicOr, Not: true, Terms: []Logic{a}}},
		"x.and=(a.eq.1)":       {Path: Path{"x"}, Tree: Logic{Op: LogicAnd, Terms: []Logic{a}}},
		"x.y.not.and=(a.eq.1)": {Path: Path{"x", "y"}, Tree: Logic{Op: LogicAnd, Not: true, Terms: []Logic{a}}},
		"not.x.and=(a.eq.1)":   {Path: Path{"x"}, Tree: Logic{Op: LogicAnd, Not: true, Terms: []Logic{a}}},
		"or=( a.eq.1, and( a.eq.1 , a.eq.1) )": {Tree: Logic{Op: LogicOr, Terms: []Logic{
			a, {Op: LogicAnd, Terms: []Logic{cond("a", Filter{Value: "1 "}), a}},
		}}},
		"or=(a.eq.1,not.and(a.eq.1,not.or(a.eq.1)))": {Tree: Logic{Op: LogicOr, Terms: []Logic{
			a, {Op: LogicAnd, Not: true, Terms: []Logic{a, {Op: LogicOr, Not: true, Terms: []Logic{a}}}},
		}}},
		`or=(a.eq."b,)c",a.eq.{1,2},a.eq.x"y)`: {Tree: Logic{Op: LogicOr, Terms: []Logic{
			cond("a", Filter{Value: "b,)c"}), cond("a", Filter{Value: "{1,2}"}), cond("a", Filter{Value: `x"y`}),
		}}},
		"or=(a.in.(1,2),a.not.is.null,and.eq.1)": {Tree: Logic{Op: LogicOr, Terms: []Logic{
			cond("a", Filter{Op: OpIn, List: []string{"1", "2"}}), cond("a", Filter{Not: true, Op: OpIs}),
			cond("and", Filter{Value: "1"}),
		}}},
		"or=(a.eq.1))": {Tree: Logic{Op: LogicOr, Terms: []Logic{a}}},
	} {
		wantEqual(t, query, mustQuery(t, replaceSpaces(query)).Logic, []PathLogic{want})
	}
	// What follows an array literal must be a comma or parenthesis.
	err := mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: "or=(a.eq.{1}x)"}, testOptions())
	wantEqual(t, "array", err.Details, `unexpected "x" expecting "," or ")"`)
}
