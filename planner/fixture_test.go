package planner

import (
	"strings"
	"testing"

	"trunkline/cache"
)

// fixture is a schema "api" of films, and of what relationships can be confused with each other.
func fixture(testing.TB) *cache.Snapshot { return cache.Build(catalog()) }

func catalog() *cache.Catalog {
	return &cache.Catalog{
		Schemas:               []string{"api", "other"},
		Tables:                tables(),
		ForeignKeys:           foreignKeys(),
		ViewColumns:           viewColumns(),
		Routines:              routines(),
		ComputedRelationships: computed(),
		Representations: []cache.Representation{
			{Source: "api.color", Target: "json", Function: qualified("color_out")},
			{Source: "text", Target: "api.color", Function: qualified("color_text")},
			{Source: "json", Target: "api.color", Function: qualified("color_json")},
		},
		Expressions: cache.Expressions{
			PureTextSearch: true, PureCasts: true, JSON: anyOperator(), JSONB: anyOperator(), Text: anyOperator(),
			TSVector: anyOperator(),
		},
		MediaHandlers: []cache.MediaHandler{
			{Function: qualified("films_html"), Target: qualified("films"), Accept: "text/html", MediaType: "text/html"},
			{Function: qualified("any_xml"), Accept: "text/xml", MediaType: "text/xml"},
			{Function: qualified("any_csv"), Accept: "text/csv", MediaType: "text/csv"},
			{Function: qualified("raw"), Target: qualified("posters"), Accept: "*/*", MediaType: "application/octet-stream"},
			{Function: qualified("film_lines"), Target: qualified("films"), Accept: "application/x-ndjson", MediaType: "application/x-ndjson"},
			{Function: qualified("png"), Target: qualified("thumbnail"), Accept: "image/png", MediaType: "image/png"},
		},
	}
}

// anyOperator says that all operators are PostgreSQL's own.
func anyOperator() cache.OperatorUse {
	return cache.OperatorUse{Pure: ^cache.Operators(0), Fixed: ^cache.Operators(0)}
}

func tables() []*cache.Table {
	return []*cache.Table{
		table("directors", "id", "id integer", "name text", "data jsonb"),
		table("studios", "id", "id integer", "name text"),
		table("films", "id", "id integer", "title text", "year integer", "meta jsonb", "plot tsvector",
			"director_id integer", "studio_id integer"),
		table("actors", "id", "id integer", "name text"),
		table("roles", "film_id,actor_id", "film_id integer", "actor_id integer", "character text"),
		table("posters", "film_id", "film_id integer", "url text", "height integer"),
		table("orders", "id", "id integer", "billing_id integer", "shipping_id integer", "total numeric"),
		table("addresses", "id", "id integer", "street text"),
		table("categories", "id", "id integer", "parent_id integer", "name text"),
		table("paints", "code,lot", "code text", "lot integer", "shade api.color=text", "made timestamp"),
		table("logs", "", "message text"),
		table("defaulted", "", "made timestamp"),
		table("mixed", "", "studio_id text"),
		secrets(),
		table("sites", "id", "id integer", "main_project_id integer"),
		table("projects", "id", "id integer"),
		table("jobs", "site_id,project_id", "site_id integer", "project_id integer"),
		view("film_view", "id integer", "title text", "director_id integer"),
		view("director_view", "id integer", "name text"),
		{Name: cache.QualifiedName{Schema: "other", Name: "films"}, Kind: cache.KindTable},
	}
}

// table is a table of "api", pure but for paints and logs, with columns written as "name type" or "name domain=base";
// its key is "a,b" or "".
func table(name, key string, columns ...string) *cache.Table {
	t := &cache.Table{
		Name: qualified(name), Kind: cache.KindTable, Insertable: true, Updatable: true, Deletable: true,
		Pure: name != "paints" && name != "logs",
	}
	t.PureInsert, t.PureChange = t.Pure, t.Pure && name != "directors"
	t.Sees, t.InsertSees, t.ChangeSees = cache.NoSettings, cache.SettingHeaders, cache.SettingMethod
	if key != "" {
		t.PrimaryKey = strings.Split(key, ",")
	}
	for _, c := range columns {
		column, nominal, _ := strings.Cut(c, " ")
		declared, base, _ := strings.Cut(nominal, "=")
		if base == "" {
			base = declared
		}
		t.Columns = append(t.Columns, cache.Column{Name: column, Type: base, NominalType: declared, Operators: anyOperator()})
		if column == "made" {
			t.Columns[len(t.Columns)-1].Default = "now()"
		}
	}
	return t
}

// secrets is a table with row-level security, and a column whose operators the search path chooses.
func secrets() *cache.Table {
	t := table("secrets", "id", "id integer", "tag citext")
	t.RowSecurity, t.Sees = true, cache.SettingClaims
	t.Columns[1].Operators.Fixed = 0
	return t
}

func view(name string, columns ...string) *cache.Table {
	t := table(name, "", columns...)
	t.Kind, t.Insertable, t.Deletable = cache.KindView, false, false
	return t
}

func foreignKeys() []cache.ForeignKey {
	return []cache.ForeignKey{
		key("films_director_fkey", "films", "directors", "director_id=id"),
		key("films_studio_fkey", "films", "studios", "studio_id=id"),
		key("roles_film_fkey", "roles", "films", "film_id=id"),
		key("roles_actor_fkey", "roles", "actors", "actor_id=id"),
		unique(key("posters_film_fkey", "posters", "films", "film_id=id")),
		key("orders_billing_fkey", "orders", "addresses", "billing_id=id"),
		key("orders_shipping_fkey", "orders", "addresses", "shipping_id=id"),
		key("categories_parent_fkey", "categories", "categories", "parent_id=id"),
		key("main_project", "sites", "projects", "main_project_id=id"),
		key("jobs_site_fkey", "jobs", "sites", "site_id=id"),
		key("mixed_studio_fkey", "mixed", "studios", "studio_id=id"),
		key("secrets_film_fkey", "secrets", "films", "id=id"),
		key("jobs_project_fkey", "jobs", "projects", "project_id=id"),
	}
}

func key(name, table, foreign string, pairs ...string) cache.ForeignKey {
	k := cache.ForeignKey{Name: name, Table: qualified(table), Foreign: qualified(foreign)}
	for _, p := range pairs {
		from, to, _ := strings.Cut(p, "=")
		k.Columns = append(k.Columns, cache.ColumnPair{From: from, To: to})
	}
	return k
}

func unique(k cache.ForeignKey) cache.ForeignKey {
	k.Unique = true
	return k
}

func viewColumns() []cache.ViewColumn {
	shows := func(view, column, table string) cache.ViewColumn {
		return cache.ViewColumn{View: qualified(view), Column: column, Table: qualified(table), TableColumn: column}
	}
	return []cache.ViewColumn{
		shows("film_view", "id", "films"), shows("film_view", "director_id", "films"),
		shows("director_view", "id", "directors"),
	}
}

func computed() []cache.ComputedRelationship {
	return []cache.ComputedRelationship{
		{Function: qualified("similar"), Table: qualified("films"), Foreign: qualified("films")},
		{Function: qualified("debut"), Table: qualified("directors"), Foreign: qualified("films"), SingleRow: true},
		{Function: qualified("studio_id"), Table: qualified("films"), Foreign: qualified("studios"), SingleRow: true},
	}
}

func routines() []cache.Routine {
	films := cache.ReturnType{Type: qualified("films"), SetOf: true, Composite: true}
	number := cache.ReturnType{Type: cache.QualifiedName{Schema: "pg_catalog", Name: "int4"}}
	record := cache.ReturnType{Type: cache.QualifiedName{Schema: "pg_catalog", Name: "record"}, SetOf: true, Composite: true}
	return []cache.Routine{
		routine("search", films, 's', "term text", "most integer?"),
		routine("best_film", cache.ReturnType{Type: qualified("films"), Composite: true}, 's'),
		routine("statistics", record, 's'),
		routine("add", number, 'i', "a integer", "b integer"),
		routine("add", number, 'i', "a integer", "b integer", "c integer"),
		routine("same", number, 'v', "a integer"),
		routine("same", number, 'v', "a text"),
		routine("today", number, 'v'),
		routine("collect", number, 's', "first integer", "rest integer[]..."),
		routine("store", number, 'v', " json"),
		routine("store", number, 'v'),
		routine("store", number, 'v', "a integer", "b integer"),
		routine("store", number, 'v', " text"),
		routine("store", number, 'v', " bytea"),
		routine("either", number, 'v', " json"),
		routine("either", number, 'v', " jsonb"),
		routine("thumbnail", cache.ReturnType{Type: qualified("image/png")}, 's'),
	}
}

// routine is one of "api" with parameters written as "name type", with "?" if optional and "..." if variadic.
func routine(name string, returns cache.ReturnType, volatility cache.Volatility, params ...string) cache.Routine {
	r := cache.Routine{Name: qualified(name), Return: returns, Volatility: volatility}
	for _, text := range params {
		param, typ, _ := strings.Cut(text, " ")
		p := cache.Param{Name: param, Type: typ, Required: true}
		if p.Type = strings.TrimSuffix(typ, "?"); p.Type != typ {
			p.Required = false
		}
		if typ = strings.TrimSuffix(p.Type, "..."); typ != p.Type {
			p.Type, p.Variadic, r.Variadic = typ, true, true
		}
		p.CastType = p.Type
		r.Params = append(r.Params, p)
	}
	return r
}
