package request

import "testing"

func TestOrder(t *testing.T) {
	for query, want := range map[string]PathOrder{
		"order=title": {Terms: []OrderTerm{{Field: Field{Name: "title"}}}},
		"order=year.desc,title.asc.nullsfirst": {Terms: []OrderTerm{
			{Field: Field{Name: "year"}, Direction: Desc},
			{Field: Field{Name: "title"}, Direction: Asc, Nulls: NullsFirst},
		}},
		"order=title.nullslast": {Terms: []OrderTerm{{Field: Field{Name: "title"}, Nulls: NullsLast}}},
		"order= title , year ":  {Terms: []OrderTerm{{Field: Field{Name: "title"}}, {Field: Field{Name: "year"}}}},
		"order=people(name).desc": {Terms: []OrderTerm{
			{Relation: "people", Field: Field{Name: "name"}, Direction: Desc},
		}},
		"order=people(data->a),x->>0.desc": {Terms: []OrderTerm{
			{Relation: "people", Field: Field{"data", []JSONStep{{Key: "a"}}}},
			{Field: Field{"x", []JSONStep{{true, true, "+0"}}}, Direction: Desc},
		}},
		"roles.people.order=name": {Path: Path{"roles", "people"}, Terms: []OrderTerm{{Field: Field{Name: "name"}}}},
		`order="a,b(".desc`:       {Terms: []OrderTerm{{Field: Field{Name: "a,b("}, Direction: Desc}}},
	} {
		wantEqual(t, query, mustQuery(t, replaceSpaces(query)).Order, []PathOrder{want})
	}
	wantEqual(t, "without equals sign", mustQuery(t, "order").Order, []PathOrder(nil))
}

func TestColumnLists(t *testing.T) {
	r := mustParse(t, Input{
		Method: "POST", Path: "/films", RawQuery: "columns=b,a , %22c,d%22,b&on_conflict=y,x&columns=z", Body: []byte("x"),
	})
	wantEqual(t, "columns", r.Columns, []string{"a", "b", "c,d"})
	wantEqual(t, "on_conflict", r.Query.OnConflict, []string{"y", "x"})
	if got := mustQuery(t, "columns&on_conflict"); got.OnConflict != nil {
		t.Errorf("on_conflict without a value: %v", got.OnConflict)
	}
}
