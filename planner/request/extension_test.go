package request

import "testing"

func TestExtensionsOfSelect(t *testing.T) {
	all := SelectItem{Field: Field{Name: "*"}, Readable: true}
	for value, want := range map[string][]SelectItem{
		"**":                            {all},
		"id,**":                         {{Field: Field{Name: "id"}}, all},
		"p(**)":                         {{Kind: SelectEmbed, Relation: "p", Items: []SelectItem{all}}},
		"a.countdistinct()":             {{Field: Field{Name: "a"}, Aggregate: CountDistinct}},
		"n:a.countdistinct()::x":        {{Alias: "n", Field: Field{Name: "a"}, Aggregate: CountDistinct, AggregateCast: "x"}},
		"countdistinct":                 {{Field: Field{Name: "countdistinct"}}},
		"countdistinct()":               {{Kind: SelectEmbed, Relation: "countdistinct"}},
		"countdistinct.countdistinct()": {{Field: Field{Name: "countdistinct"}, Aggregate: CountDistinct}},
	} {
		wantEqual(t, value, mustQuery(t, "select="+value).Select, want)
	}
	for _, value := range []string{"***", "**x", "a:**", "**::int", "**.count()", "a.countdistinct", "a.countdistinct(b)", "a.countdistincts()"} {
		_ = mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: "select=" + value}, testOptions())
	}
}

func TestOrderByNames(t *testing.T) {
	named := func(name string) OrderTerm { return OrderTerm{Field: Field{Name: name}, Selected: true} }
	desc := named("a b")
	desc.Direction, desc.Nulls = Desc, NullsLast
	for value, want := range map[string][]OrderTerm{
		":a":                       {named("a")},
		`:"a b".desc.nullslast,:c`: {desc, named("c")},
		" :a ,b":                   {named("a"), {Field: Field{Name: "b"}}},
	} {
		wantEqual(t, value, mustQuery(t, "order="+escapeQuery(value)).Order, []PathOrder{{Terms: want}})
	}
	for _, value := range []string{":", "::a", ":a->b", ":a(b)", "b(:a)", ":a.up"} {
		_ = mustFail(t, Input{Method: "GET", Path: "/films", RawQuery: "order=" + value}, testOptions())
	}
}
