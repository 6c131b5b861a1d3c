package planner

import (
	"testing"

	"trunkline/cache"
	"trunkline/planner/apierr"
)

func TestMatches(t *testing.T) {
	keyed := cache.Relationship{
		Table: qualified("orders"), Foreign: qualified("addresses"), Cardinality: cache.ManyToOne,
		Constraint: "orders_billing_fkey", Columns: []cache.ColumnPair{{From: "billing_id", To: "id"}},
	}
	view := keyed
	view.ForeignIsView = true
	composite := keyed
	composite.Columns = []cache.ColumnPair{{From: "a", To: "b"}, {From: "c", To: "d"}}
	junction := cache.Relationship{
		Table: qualified("films"), Foreign: qualified("actors"), Cardinality: cache.ManyToMany,
		Junction: &cache.Junction{Table: qualified("roles"), Constraint1: "one", Constraint2: "two"},
	}
	function := cache.Relationship{Cardinality: cache.Computed, Foreign: qualified("films"), Function: qualified("similar")}
	selfOne := cache.Relationship{
		Table: qualified("categories"), Foreign: qualified("categories"), Self: true, Cardinality: cache.ManyToOne,
		Constraint: "up", Columns: []cache.ColumnPair{{From: "parent_id", To: "id"}},
	}
	selfMany := selfOne
	selfMany.Cardinality, selfMany.Columns = cache.OneToMany, []cache.ColumnPair{{From: "id", To: "parent_id"}}

	for _, tt := range []struct {
		name         string
		rel          *cache.Relationship
		target, hint string
		want         bool
	}{
		{"relation", &keyed, "addresses", "", true},
		{"constraint", &keyed, "orders_billing_fkey", "", true},
		{"column", &keyed, "billing_id", "", true},
		{"the other side's column", &keyed, "id", "", false},
		{"relation and constraint", &keyed, "addresses", "orders_billing_fkey", true},
		{"relation and column", &keyed, "addresses", "billing_id", true},
		{"relation and the other side's column", &keyed, "addresses", "id", true},
		{"relation and another hint", &keyed, "addresses", "shipping_id", false},
		{"column with a hint", &keyed, "billing_id", "orders_billing_fkey", false},
		{"view by relation", &view, "addresses", "", true},
		{"view by constraint", &view, "orders_billing_fkey", "", false},
		{"view by column", &view, "billing_id", "", false},
		{"view by relation and constraint", &view, "addresses", "orders_billing_fkey", true},
		{"one of several columns", &composite, "a", "", false},
		{"relation and one of several columns", &composite, "addresses", "a", false},
		{"many to many", &junction, "actors", "", true},
		{"many to many by junction", &junction, "actors", "roles", true},
		{"many to many by one of its constraints", &junction, "actors", "one", false},
		{"function", &function, "similar", "", true},
		{"function whatever the hint", &function, "similar", "x", true},
		{"function by relation", &function, "films", "", false},
		{"self by relation is the many", &selfMany, "categories", "", true},
		{"self by relation is not the one", &selfOne, "categories", "", false},
		{"self by column is the one", &selfOne, "parent_id", "", true},
		{"self by column is not the many", &selfMany, "id", "", false},
		{"self by constraint", &selfOne, "up", "", false},
		{"self with hint", &selfMany, "categories", "parent_id", true},
		{"self with the one's column as hint", &selfMany, "categories", "id", false},
		{"self with hint is not the one", &selfOne, "categories", "parent_id", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := matches(tt.rel, tt.target, tt.hint); got != tt.want {
				t.Errorf("matches(%q, %q) = %v", tt.target, tt.hint, got)
			}
		})
	}
}

func TestHintsDecide(t *testing.T) {
	for _, tt := range []struct{ url, constraint string }{
		{"/orders?select=addresses!orders_billing_fkey(street)", "orders_billing_fkey"},
		{"/orders?select=addresses!shipping_id(street)", "orders_shipping_fkey"},
		{"/orders?select=orders_shipping_fkey(street)", "orders_shipping_fkey"},
		{"/orders?select=billing_id(street)", "orders_billing_fkey"},
		{"/addresses?select=orders!billing_id(total)", "orders_billing_fkey"},
		{"/sites?select=projects!main_project(id)", "main_project"},
		{"/sites?select=main_project_id(id)", "main_project"},
	} {
		t.Run(tt.url, func(t *testing.T) {
			rel := mustPlan(t, input{url: tt.url}).Read.Children[0].Relationship
			expect(t, tt.url, rel.Constraint, tt.constraint)
		})
	}
	rel := mustPlan(t, input{url: "/sites?select=projects!jobs(id)"}).Read.Children[0].Relationship
	expect(t, "by junction", rel.Junction.Table.Name, "jobs")
}

func TestUnknownRelationship(t *testing.T) {
	err := mustFail(t, input{url: "/films?select=qq(message)"}, "PGRST200")
	expect(t, "message", err.Message, "Could not find a relationship between 'films' and 'qq' in the schema cache")
	expect(t, "details", err.Details, "Searched for a foreign key relationship between 'films' and 'qq' in the schema "+
		"'api', but no matches were found.")
	expect(t, "hint", err.Hint, "<nil>")

	err = mustFail(t, input{url: "/films?select=directors!nope(name)"}, "PGRST200")
	expect(t, "details", err.Details, "Searched for a foreign key relationship between 'films' and 'directors' using the "+
		"hint 'nope' in the schema 'api', but no matches were found.")
	expect(t, "hint of a child that exists", err.Hint, "<nil>")

	err = mustFail(t, input{url: "/films?select=direktors(name)"}, "PGRST200")
	expect(t, "hint of a misspelt child", err.Hint, "Perhaps you meant 'directors' instead of 'direktors'.")

	err = mustFail(t, input{url: "/films?select=directors(nope(name))"}, "PGRST200")
	expect(t, "nested", err.Message, "Could not find a relationship between 'directors' and 'nope' in the schema cache")
}

func TestAmbiguousRelationship(t *testing.T) {
	for _, tt := range []struct {
		url, hint string
		want      []apierr.RelationshipCandidate
	}{
		{"/orders?select=addresses(street)", "'addresses!orders_billing_fkey', 'addresses!orders_shipping_fkey'", []apierr.RelationshipCandidate{
			{
				Cardinality: "many-to-one", Embedding: "orders with addresses",
				Relationship: "orders_billing_fkey using orders(billing_id) and addresses(id)",
			},
			{
				Cardinality: "many-to-one", Embedding: "orders with addresses",
				Relationship: "orders_shipping_fkey using orders(shipping_id) and addresses(id)",
			},
		}},
		{"/addresses?select=orders(total)", "'orders!orders_billing_fkey', 'orders!orders_shipping_fkey'", []apierr.RelationshipCandidate{
			{
				Cardinality: "one-to-many", Embedding: "addresses with orders",
				Relationship: "orders_billing_fkey using addresses(id) and orders(billing_id)",
			},
			{
				Cardinality: "one-to-many", Embedding: "addresses with orders",
				Relationship: "orders_shipping_fkey using addresses(id) and orders(shipping_id)",
			},
		}},
		{"/sites?select=projects(id)", "'projects!main_project', 'projects!jobs'", []apierr.RelationshipCandidate{
			{
				Cardinality: "many-to-one", Embedding: "sites with projects",
				Relationship: "main_project using sites(main_project_id) and projects(id)",
			},
			{
				Cardinality: "many-to-many", Embedding: "sites with projects",
				Relationship: "jobs using jobs_site_fkey(site_id) and jobs_project_fkey(project_id)",
			},
		}},
		{"/films?select=studio_id(name)", "'studios!films_studio_fkey', 'studio_id'", []apierr.RelationshipCandidate{
			{
				Cardinality: "many-to-one", Embedding: "films with studios",
				Relationship: "films_studio_fkey using films(studio_id) and studios(id)",
			},
			{
				Cardinality: "many-to-one", Embedding: "films with studios",
				Relationship: "function api.studio_id",
			},
		}},
	} {
		t.Run(tt.url, func(t *testing.T) {
			err := mustFail(t, input{url: tt.url}, "PGRST201")
			got, _ := err.Details.([]apierr.RelationshipCandidate)
			for i := range got {
				got[i].Hint = ""
			}
			expect(t, "details", got, tt.want)
			child := mustChild(t, tt.url)
			expect(t, "hint", err.Hint, "Try changing '"+child+"' to one of the following: "+tt.hint+
				". Find the desired relationship in the 'details' key.")
		})
	}
}

// mustChild returns the name of the first embed in a URL.
func mustChild(t *testing.T, url string) string {
	t.Helper()
	return parse(t, input{url: url}).Query.Select[0].Relation
}

func TestOneToOneIsDescribed(t *testing.T) {
	c := describe(&cache.Relationship{
		Table: qualified("films"), Foreign: qualified("posters"), Cardinality: cache.OneToOne, Constraint: "c",
		Columns: []cache.ColumnPair{{From: "id", To: "film_id"}, {From: "lot", To: "lot"}},
	})
	expect(t, "cardinality", c.Cardinality, "one-to-one")
	expect(t, "relationship", c.Relationship, "c using films(id, lot) and posters(film_id, lot)")
	toMany := describe(&cache.Relationship{Cardinality: cache.Computed, Function: qualified("f")})
	expect(t, "a function of many rows", toMany.Cardinality, "one-to-many")
}
