package request

import "testing"

func TestSelect(t *testing.T) {
	column := func(name string) SelectItem { return SelectItem{Field: Field{Name: name}} }
	for query, want := range map[string][]SelectItem{
		"":                                {column("*")},
		"select":                          {column("*")},
		"select=*":                        {column("*")},
		"select=":                         nil,
		"select=id,title":                 {column("id"), column("title")},
		"select=id , title":               {column("id"), column("title")},
		"select=%22a,b%22,c%C3%A9":        {column("a,b"), column("cé")},
		"select=id&select=title":          {column("id")},
		"select&select=title":             {column("*")},
		"select=title)x":                  {column("title")},
		"select=t:title":                  {{Alias: "t", Field: Field{Name: "title"}}},
		"select=year::text":               {{Field: Field{Name: "year"}, Cast: "text"}},
		"select=year:: ":                  {{Field: Field{Name: "year"}, Cast: " "}},
		"select=t:year::double precision": {{Alias: "t", Field: Field{Name: "year"}, Cast: "double precision"}},
		"select=count()":                  {{Field: Field{Name: "*"}, Aggregate: Count}},
		"select=n:count()::text":          {{Alias: "n", Field: Field{Name: "*"}, Aggregate: Count, AggregateCast: "text"}},
		"select=count":                    {column("count")},
		"select=votes.sum(),votes.avg(),votes.max(),votes.min(),votes.count()": {
			{Field: Field{Name: "votes"}, Aggregate: Sum},
			{Field: Field{Name: "votes"}, Aggregate: Avg},
			{Field: Field{Name: "votes"}, Aggregate: Max},
			{Field: Field{Name: "votes"}, Aggregate: Min},
			{Field: Field{Name: "votes"}, Aggregate: Count},
		},
		"select=a:b->c::int.sum()::text": {{
			Alias: "a", Field: Field{Name: "b", Path: []JSONStep{{Key: "c"}}}, Cast: "int", Aggregate: Sum,
			AggregateCast: "text",
		}},
	} {
		wantEqual(t, query, mustQuery(t, replaceSpaces(query)).Select, want)
	}
}

func TestSelectEmbeds(t *testing.T) {
	all := []SelectItem{{Field: Field{Name: "*"}}}
	for query, want := range map[string]SelectItem{
		"roles(*)":              {Kind: SelectEmbed, Relation: "roles", Items: all},
		"roles()":               {Kind: SelectEmbed, Relation: "roles"},
		"r:roles(*)":            {Kind: SelectEmbed, Alias: "r", Relation: "roles", Items: all},
		"roles!fk(*)":           {Kind: SelectEmbed, Relation: "roles", Hint: "fk", Items: all},
		"roles!inner(*)":        {Kind: SelectEmbed, Relation: "roles", Join: JoinInner, Items: all},
		"roles!left!fk(*)":      {Kind: SelectEmbed, Relation: "roles", Hint: "fk", Join: JoinLeft, Items: all},
		"roles!fk!inner(*)":     {Kind: SelectEmbed, Relation: "roles", Hint: "fk", Join: JoinInner, Items: all},
		"roles!a!b(*)":          {Kind: SelectEmbed, Relation: "roles", Hint: "a", Items: all},
		"roles!left!inner(*)":   {Kind: SelectEmbed, Relation: "roles", Join: JoinLeft, Items: all},
		"...people!fk!inner(*)": {Kind: SelectSpread, Relation: "people", Hint: "fk", Join: JoinInner, Items: all},
		"%22a:b%22:%22c(%22(*)": {Kind: SelectEmbed, Alias: "a:b", Relation: "c(", Items: all},
		"roles(people(...cities(*)))": {Kind: SelectEmbed, Relation: "roles", Items: []SelectItem{{
			Kind: SelectEmbed, Relation: "people", Items: []SelectItem{{Kind: SelectSpread, Relation: "cities", Items: all}},
		}}},
	} {
		got := mustQuery(t, "select="+query+",id").Select
		wantEqual(t, query, got, []SelectItem{want, {Field: Field{Name: "id"}}})
	}
}
