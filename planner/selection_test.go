package planner

import (
	"testing"

	"trunkline/planner/request"
)

func TestSelections(t *testing.T) {
	for _, tt := range []struct{ name, url, want string }{
		{"everything", "/films", "*"},
		{"an empty list", "/films?select=", "*"},
		{"star beside others", "/films?select=*,title", "*,title"},
		{"alias and cast", "/films?select=t:title::text", "t:title::text"},
		{"a computed field", "/films?select=computed", "computed"},
		{"a path is named by its last key", "/films?select=meta->a->>b", "b:meta->a->>b"},
		{"indexes are skipped in the name", "/films?select=meta->a->2->3", "a:meta->a->+2->+3"},
		{"a path of indexes only", "/films?select=meta->2", "meta:meta->+2"},
		{"an alias wins", "/films?select=x:meta->a", "x:meta->a"},
		{"a path into what is not JSON", "/films?select=title->a", "a:json(title)->a"},
		{"a representation", "/paints?select=shade", "shade:color_out(shade)"},
		{"a representation with alias", "/paints?select=x:shade", "x:color_out(shade)"},
		{"star with a representation", "/paints", "code,lot,shade:color_out(shade),made"},
		{"an aggregate", "/films?select=year.max(),title", "max(year),title"},
		{"casts around an aggregate", "/films?select=x:year::text.max()::int", "x:max(year::text)::int"},
		{"count", "/films?select=count()", "count(*)"},
		{"star beside an aggregate", "/posters?select=*,height.sum()", "film_id,url,height,sum(height)"},
		{"an aggregate of a represented column", "/paints?select=shade.max()", "max:max(color_out(shade))"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.url, sketchSelect(mustPlan(t, input{url: tt.url}).Read.Select), tt.want)
		})
	}
}

func TestStarsBelowAggregatesAreWrittenOut(t *testing.T) {
	for _, tt := range []struct{ url, root, child string }{
		{"/posters?select=height.sum(),films(*)", "sum(height)", "id,title,year,meta,plot,director_id,studio_id"},
		{"/posters?select=*,...films(year.sum())", "film_id,url,height", "sum:year"},
		{"/posters?select=*,films(year.sum())", "*", "sum(year)"},
		{"/directors?select=*,...films(*)", "*", "id,title,year,meta,plot,director_id,studio_id"},
		{"/films?select=*,...directors(*)", "*", "*"},
	} {
		t.Run(tt.url, func(t *testing.T) {
			root := mustPlan(t, input{url: tt.url}).Read
			expect(t, "root", sketchSelect(root.Select), tt.root)
			expect(t, "child", sketchSelect(root.Children[0].Select), tt.child)
		})
	}
}

func TestAggregatesMustBeAllowed(t *testing.T) {
	for _, url := range []string{
		"/films?select=count()",
		"/directors?select=films(count())",
		"/films?select=...directors(id.max())",
		"/directors?select=...films(id.max())",
	} {
		expectError(t, input{url: url, o: &Options{MaxRows: request.NoLimit}}, "PGRST123")
	}
	mustPlan(t, input{url: "/films?select=count", o: &Options{MaxRows: request.NoLimit}})
}

func TestSelectionOfAnUnknownRelation(t *testing.T) {
	plan := mustPlan(t, input{url: "/rpc/statistics?select=*,total,meta->a"})
	expect(t, "select", sketchSelect(plan.Read.Select), "*,total,a:json(meta)->a")
}
