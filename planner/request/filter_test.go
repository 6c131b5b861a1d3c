package request

import "testing"

func TestFilterOperators(t *testing.T) {
	for value, want := range map[string]Filter{
		"eq.1":                   {Op: OpEq, Value: "1"},
		"eq.":                    {Op: OpEq},
		"eq(any).{1,2}":          {Op: OpEq, Quant: QuantAny, Value: "{1,2}"},
		"not.gte(all).{1}":       {Not: true, Op: OpGte, Quant: QuantAll, Value: "{1}"},
		"gt.a.b":                 {Op: OpGt, Value: "a.b"},
		"lte.1":                  {Op: OpLte, Value: "1"},
		"lt.1":                   {Op: OpLt, Value: "1"},
		"like.*a*":               {Op: OpLike, Value: "*a*"},
		"ilike(any).{*a*}":       {Op: OpIlike, Quant: QuantAny, Value: "{*a*}"},
		"match.^a":               {Op: OpMatch, Value: "^a"},
		"imatch.^a":              {Op: OpImatch, Value: "^a"},
		"neq.1":                  {Op: OpNeq, Value: "1"},
		"cs.{1}":                 {Op: OpCs, Value: "{1}"},
		"cd.{1}":                 {Op: OpCd, Value: "{1}"},
		"ov.[1,2]":               {Op: OpOv, Value: "[1,2]"},
		"sl.(1,2)":               {Op: OpSl, Value: "(1,2)"},
		"sr.(1,2)":               {Op: OpSr, Value: "(1,2)"},
		"nxr.(1,2)":              {Op: OpNxr, Value: "(1,2)"},
		"nxl.(1,2)":              {Op: OpNxl, Value: "(1,2)"},
		"adj.(1,2)":              {Op: OpAdj, Value: "(1,2)"},
		"isdistinct.x":           {Op: OpIsDistinct, Value: "x"},
		"not.isdistinct.x":       {Not: true, Op: OpIsDistinct, Value: "x"},
		"is.null":                {Op: OpIs, Is: IsNull},
		"is.NOT_NULL":            {Op: OpIs, Is: IsNotNull},
		"is.True":                {Op: OpIs, Is: IsTrue},
		"not.is.false":           {Not: true, Op: OpIs, Is: IsFalse},
		"is.unknown":             {Op: OpIs, Is: IsUnknown},
		"fts.cat":                {Op: OpFts, Value: "cat"},
		"plfts(english).cat":     {Op: OpPlfts, Config: "english", HasConfig: true, Value: "cat"},
		"phfts( a b ).cat":       {Op: OpPhfts, Config: "a b", HasConfig: true, Value: "cat"},
		"not.wfts.cat -dog":      {Not: true, Op: OpWfts, Value: "cat -dog"},
		"in.(1,2)":               {Op: OpIn, List: []string{"1", "2"}},
		"in.(1,2)x":              {Op: OpIn, List: []string{"1", "2"}},
		"in. ( 1,2 ) ":           {Op: OpIn, List: []string{"1", "2 "}},
		"in.()":                  {Op: OpIn},
		"in.( \t)":               {Op: OpIn},
		`in.("")`:                {Op: OpIn},
		"in.( ,3)":               {Op: OpIn, List: []string{"", "3"}},
		`in.("a,b","c\"d\\",e")`: {Op: OpIn, List: []string{"a,b", `c"d\`, `e"`}},
		`in.("a"b,c\,d)`:         {Op: OpIn, List: []string{`"a"b`, `c\`, "d"}},
	} {
		want.Field.Name = "id"
		got := mustQuery(t, "id="+escapeQuery(value)).Filters
		wantEqual(t, value, got, []PathFilter{{Filter: want}})
	}
}

func TestFilterKeys(t *testing.T) {
	for key, want := range map[string]PathFilter{
		"id":            {Filter: Filter{Field: Field{Name: "id"}}},
		"a.id":          {Path: Path{"a"}, Filter: Filter{Field: Field{Name: "id"}}},
		"a.b.id":        {Path: Path{"a", "b"}, Filter: Filter{Field: Field{Name: "id"}}},
		`"a.b"."c.d"`:   {Path: Path{"a.b"}, Filter: Filter{Field: Field{Name: "c.d"}}},
		"a.data->x->>0": {Path: Path{"a"}, Filter: Filter{Field: Field{"data", []JSONStep{{Key: "x"}, {true, true, "+0"}}}}},
		"selects":       {Filter: Filter{Field: Field{Name: "selects"}}},
		"a.select":      {Path: Path{"a"}, Filter: Filter{Field: Field{Name: "select"}}},
		`"order"`:       {Filter: Filter{Field: Field{Name: "order"}}},
		"id)ignored":    {Filter: Filter{Field: Field{Name: "id"}}},
	} {
		want.Filter.Value = "1"
		got := mustQuery(t, escapeQuery(key)+"=eq.1").Filters
		wantEqual(t, key, got, []PathFilter{want})
	}
}

// TestFilterKeysOfUpsert shows that they stay as they were sent, sorted, each once.
func TestFilterKeysOfUpsert(t *testing.T) {
	r := mustParse(t, Input{Method: "PUT", Path: "/films", RawQuery: "%22b%22=eq.1&a=eq.2&a=eq.3&select=a", Body: []byte("{}")})
	wantEqual(t, "keys", r.Query.FilterKeys, []string{`"b"`, "a"})
}

// TestRoutineArguments shows that a value without operator is an argument of a routine called by GET, and only there.
func TestRoutineArguments(t *testing.T) {
	r := mustParse(t, Input{
		Method: "GET", Path: "/rpc/f", RawQuery: "n=1&id=eq.1&s=foo.bar&n=2&e=&v=eq&a.b->c=like&limit=1",
	})
	wantEqual(t, "params", r.Query.Params, []Param{
		{"n", "1"}, {"s", "foo.bar"}, {"n", "2"}, {"e", ""}, {"v", "eq"}, {"b", "like"},
	})
	wantEqual(t, "filters", r.Query.Filters, []PathFilter{{Filter: Filter{Field: Field{Name: "id"}, Value: "1"}}})
	wantEqual(t, "columns", r.Columns, []string{"b", "e", "n", "s", "v"})
	err := mustFail(t, Input{Method: "POST", Path: "/rpc/f", RawQuery: "n=1"}, testOptions())
	wantEqual(t, "code", err.Code, "PGRST100")
}
