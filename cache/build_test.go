package cache

import (
	"reflect"
	"slices"
	"testing"
)

// shows lists view columns as "column = table column" of one view and table.
func shows(view, table QualifiedName, pairs ...ColumnPair) []ViewColumn {
	var columns []ViewColumn
	for _, p := range pairs {
		columns = append(columns, ViewColumn{View: view, Column: p.From, Table: table, TableColumn: p.To})
	}
	return columns
}

func TestViewRelationships(t *testing.T) {
	film, person := api("film"), hidden("person")
	films, people := api("films"), api("people")
	director := key("d", film, "director", person)
	tests := []struct {
		name    string
		columns []ViewColumn
		want    []string
	}{
		{"no view", nil, nil},
		{"view on the key's side only", shows(films, film, ColumnPair{"by", "director"}), nil},
		{
			"table and view",
			shows(people, person, ColumnPair{"pid", "id"}),
			[]string{
				"film>people many-to-one d[{director pid}] to-view",
				"people>film one-to-many d[{pid director}] from-view",
			},
		},
		{
			"view and view, every mapping",
			slices.Concat(
				shows(people, person, ColumnPair{"pid", "id"}, ColumnPair{"again", "id"}),
				shows(films, film, ColumnPair{"by", "director"}),
			),
			[]string{
				"film>people many-to-one d[{director again}] to-view",
				"film>people many-to-one d[{director pid}] to-view",
				"films>people many-to-one d[{by again}] from-view to-view",
				"films>people many-to-one d[{by pid}] from-view to-view",
				"people>film one-to-many d[{again director}] from-view",
				"people>film one-to-many d[{pid director}] from-view",
				"people>films one-to-many d[{again by}] from-view to-view",
				"people>films one-to-many d[{pid by}] from-view to-view",
			},
		},
		{
			"a view of both is related to itself",
			slices.Concat(
				shows(films, person, ColumnPair{"pid", "id"}),
				shows(films, film, ColumnPair{"by", "director"}),
			),
			[]string{
				"film>films many-to-one d[{director pid}] to-view",
				"films>film one-to-many d[{pid director}] from-view",
				"films>films one-to-many d[{pid by}] self from-view to-view",
				"films>films many-to-one d[{by pid}] self from-view to-view",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Build(&Catalog{
				Schemas:     []string{"api"},
				Tables:      []*Table{table(film), view(films), view(people)},
				ForeignKeys: []ForeignKey{director}, ViewColumns: test.columns,
			})
			requireLines(t, relationships(s), test.want)
		})
	}
}

func TestCompositeKeyNeedsAllColumns(t *testing.T) {
	a, b, va := api("a"), api("b"), api("va")
	fk := ForeignKey{Name: "k", Table: a, Foreign: b, Columns: []ColumnPair{{"x", "id"}, {"y", "no"}}}
	part := shows(va, a, ColumnPair{"vx", "x"})
	whole := shows(va, a, ColumnPair{"vx", "x"}, ColumnPair{"vy", "y"})
	for _, test := range []struct {
		columns []ViewColumn
		want    []string
	}{
		{part, nil},
		{whole, []string{"va>b many-to-one k[{vx id} {vy no}] from-view"}},
	} {
		s := Build(&Catalog{Schemas: []string{"api"}, ForeignKeys: []ForeignKey{fk}, ViewColumns: test.columns})
		var got []string
		entry, _ := s.Relationships(va, "api")
		for _, r := range entry {
			got = append(got, text(r))
		}
		requireLines(t, got, test.want)
	}
}

func TestViewAsJunction(t *testing.T) {
	role, roles := hidden("role"), api("roles")
	c := &Catalog{
		Schemas:    []string{"api"},
		Tables:     []*Table{view(roles), table(api("film"), "id")},
		HiddenKeys: []PrimaryKey{{role, []string{"film_id", "person_id"}}},
		ForeignKeys: []ForeignKey{
			key("f", role, "film_id", api("film")), key("p", role, "person_id", api("person")),
		},
		ViewColumns: shows(roles, role, ColumnPair{"film", "film_id"}, ColumnPair{"person", "person_id"}),
	}
	requireLines(t, relationships(Build(c)), []string{
		"film>person many-to-many api.roles f[{id film}] p[{id person}]",
		"film>roles one-to-many f[{id film}] to-view",
		"person>film many-to-many api.roles p[{id person}] f[{id film}]",
		"person>roles one-to-many p[{id person}] to-view",
		"roles>film many-to-one f[{film id}] from-view",
		"roles>person many-to-one p[{person id}] from-view",
	})
}

func TestMappingsAreBounded(t *testing.T) {
	shown := shownColumns{api("v"), map[string][]string{}}
	for _, c := range []string{"a", "b", "c", "d"} {
		for i := range 20 {
			shown.names[c] = append(shown.names[c], c+string(rune('A'+i)))
		}
	}
	if got := len(shown.mappings([]string{"a", "b", "c", "d"})); got != maxMappings {
		t.Errorf("%d mappings, want %d", got, maxMappings)
	}
	if got := len(shown.mappings([]string{"a"})); got != 20 {
		t.Errorf("%d mappings of one column, want 20", got)
	}
}

func TestPrimaryKeys(t *testing.T) {
	base, other, v := hidden("base"), api("other"), api("v")
	s := Build(&Catalog{
		Schemas: []string{"api"},
		Tables: []*Table{
			table(other, "z", "a"), view(v), view(api("part")), view(api("join")),
		},
		HiddenKeys: []PrimaryKey{{base, []string{"z", "a"}}},
		ViewColumns: slices.Concat(
			shows(v, base, ColumnPair{"va", "a"}, ColumnPair{"vz", "z"}, ColumnPair{"va2", "a"}),
			shows(api("part"), base, ColumnPair{"va", "a"}),
			shows(api("join"), other, ColumnPair{"oz", "z"}, ColumnPair{"oa", "a"}),
			shows(api("join"), base, ColumnPair{"bz", "z"}, ColumnPair{"ba", "a"}),
		),
	})
	for name, want := range map[string][]string{
		"other": {"a", "z"},
		"v":     {"vz", "va"},
		"part":  nil,
		"join":  {"bz", "ba", "oz", "oa"},
	} {
		if got := s.Table(api(name)).PrimaryKey; !slices.Equal(got, want) {
			t.Errorf("primary key of %s is %v, want %v", name, got, want)
		}
	}
	if s.Table(base) != nil {
		t.Error("a hidden table is in the snapshot")
	}
}

func TestRoutinesOrder(t *testing.T) {
	f := func(name string, params ...string) Routine {
		r := Routine{Name: api(name)}
		for _, p := range params {
			r.Params = append(r.Params, Param{Name: p, Type: "text"})
		}
		return r
	}
	described := f("f", "a")
	described.Description = "described"
	s := Build(&Catalog{Schemas: []string{"api"}, Routines: []Routine{
		f("g"), f("f", "b", "c"), described, f("f", "z"), f("f", "a"), {Name: hidden("h")},
	}})
	var got []string
	for _, r := range s.AllRoutines("api") {
		line := r.Name.Name + ":" + r.Description
		for _, p := range r.Params {
			line += " " + p.Name
		}
		got = append(got, line)
	}
	requireLines(t, got, []string{"f: a", "f: z", "f:described a", "f: b c", "g:"})
	requireLines(t, s.RoutineNames("api"), []string{"f", "g"})
	if s.Routines(hidden("h")) != nil {
		t.Error("a hidden routine is in the snapshot")
	}
}

func TestLookups(t *testing.T) {
	cast := api("color_json")
	first := MediaHandler{Function: api("a"), Accept: "text/x", MediaType: "text/X"}
	last := MediaHandler{Function: api("b"), Accept: "text/x", MediaType: "text/x"}
	s := Build(&Catalog{
		Schemas: []string{"api", "other"},
		Tables: []*Table{
			table(api("b")), table(api("a")), table(QualifiedName{"other", "c"}), table(hidden("d")),
		},
		Representations: []Representation{{"api.color", "json", cast}},
		MediaHandlers:   []MediaHandler{last, first},
	})
	if f, ok := s.Representation("api.color", "json"); f != cast || !ok {
		t.Errorf("representation is %v, %v", f, ok)
	}
	if _, ok := s.Representation("json", "api.color"); ok {
		t.Error("found a representation that was not declared")
	}
	if h, ok := s.Handler(QualifiedName{}, "text/x"); h != last || !ok {
		t.Errorf("handler is %v, %v", h, ok)
	}
	if _, ok := s.Handler(api("a"), "text/x"); ok {
		t.Error("found the handler of another target")
	}
	requireLines(t, s.RelationNames("api"), []string{"a", "b"})
	requireLines(t, s.RelationNames("absent"), nil)
	requireLines(t, s.RelationNames("hidden"), nil)
	if tables := s.Tables("other"); len(tables) != 1 || tables[0].Name.Name != "c" {
		t.Errorf("tables of other are %v", tables)
	}
}

func TestColumn(t *testing.T) {
	s := Build(&Catalog{Schemas: []string{"api"}, Tables: []*Table{{
		Name: api("t"), Columns: []Column{{Name: "z"}, {Name: "é"}, {Name: "a"}},
	}}})
	for _, name := range []string{"z", "é", "a"} {
		if c := s.Table(api("t")).Column(name); c == nil || c.Name != name {
			t.Errorf("column %q is %v", name, c)
		}
	}
	if c := s.Table(api("t")).Column("b"); c != nil {
		t.Errorf("column b is %v", c)
	}
}

func TestBuildIsRepeatableAndLeavesTheCatalog(t *testing.T) {
	catalog := func() *Catalog {
		role := api("role")
		return &Catalog{
			Schemas: []string{"api"},
			Tables:  []*Table{table(role, "p", "f"), {Name: api("f"), Columns: []Column{{Name: "b"}, {Name: "a"}}}},
			ForeignKeys: []ForeignKey{
				key("f", role, "f", api("f")), key("p", role, "p", api("p")),
			},
		}
	}
	c := catalog()
	first := Build(c)
	if !reflect.DeepEqual(c, catalog()) {
		t.Error("Build changed the catalog")
	}
	for range 10 {
		if !reflect.DeepEqual(first, Build(c)) {
			t.Fatal("equal catalogs gave different snapshots")
		}
	}
}
