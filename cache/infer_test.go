package cache

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// api returns a name in the exposed schema, hidden one in a schema that is not exposed.
func api(name string) QualifiedName    { return QualifiedName{"api", name} }
func hidden(name string) QualifiedName { return QualifiedName{"hidden", name} }

// key is a foreign key of one column.
func key(name string, table QualifiedName, column string, foreign QualifiedName) ForeignKey {
	return ForeignKey{Name: name, Table: table, Foreign: foreign, Columns: []ColumnPair{{column, "id"}}}
}

// table is a relation with a primary key and nothing else.
func table(name QualifiedName, primaryKey ...string) *Table {
	return &Table{Name: name, Kind: KindTable, PrimaryKey: primaryKey}
}

func view(name QualifiedName) *Table { return &Table{Name: name, Kind: KindView} }

// text formats a relationship as a line: "a.x→b.y many-to-one key".
func text(r *Relationship) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s>%s %s", r.Table.Name, r.Foreign.Name, r.Cardinality)
	switch {
	case r.Junction != nil:
		fmt.Fprintf(&b, " %s %s%v %s%v", r.Junction.Table, r.Junction.Constraint1, r.Junction.Source,
			r.Junction.Constraint2, r.Junction.Target)
	case r.Cardinality == Computed:
		fmt.Fprintf(&b, " %s", r.Function)
	default:
		fmt.Fprintf(&b, " %s%v", r.Constraint, r.Columns)
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{
		{r.Self, "self"},
		{r.Referenced, "referenced"},
		{r.TableIsView, "from-view"},
		{r.ForeignIsView, "to-view"},
		{r.SingleRow, "single"},
	} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	return b.String()
}

// relationships formats all relationships of a snapshot's schema api, ordered by table.
func relationships(s *Snapshot) []string {
	var lines []string
	for _, name := range s.RelationshipSources("api") {
		entry, _ := s.Relationships(api(name), "api")
		for _, r := range entry {
			lines = append(lines, text(r))
		}
	}
	return lines
}

func TestRelationships(t *testing.T) {
	film, role, person := api("film"), api("role"), api("person")
	tests := []struct {
		name    string
		catalog Catalog
		want    []string
	}{
		{
			"many-to-one and back",
			Catalog{
				Tables:      []*Table{table(film, "id"), table(person, "id")},
				ForeignKeys: []ForeignKey{key("film_director", film, "director", person)},
			},
			[]string{
				"film>person many-to-one film_director[{director id}]",
				"person>film one-to-many film_director[{id director}]",
			},
		},
		{
			"one-to-one and back",
			Catalog{ForeignKeys: []ForeignKey{{
				Name: "k", Table: film, Foreign: person, Columns: []ColumnPair{{"a", "b"}, {"c", "d"}}, Unique: true,
			}}},
			[]string{
				"film>person one-to-one k[{a b} {c d}]",
				"person>film one-to-one k[{b a} {d c}] referenced",
			},
		},
		{
			"self reference",
			Catalog{ForeignKeys: []ForeignKey{key("boss", person, "boss_id", person)}},
			[]string{
				"person>person one-to-many boss[{id boss_id}] self",
				"person>person many-to-one boss[{boss_id id}] self",
			},
		},
		{
			"junction",
			Catalog{
				Tables: []*Table{table(role, "film_id", "person_id", "name")},
				ForeignKeys: []ForeignKey{
					key("f", role, "film_id", film), key("p", role, "person_id", person),
				},
			},
			[]string{
				"film>person many-to-many api.role f[{id film_id}] p[{id person_id}]",
				"film>role one-to-many f[{id film_id}]",
				"person>film many-to-many api.role p[{id person_id}] f[{id film_id}]",
				"person>role one-to-many p[{id person_id}]",
				"role>film many-to-one f[{film_id id}]",
				"role>person many-to-one p[{person_id id}]",
			},
		},
		{
			"no junction: a key that is not in the primary key",
			Catalog{
				Tables: []*Table{table(role, "id", "film_id")},
				ForeignKeys: []ForeignKey{
					key("f", role, "film_id", film), key("p", role, "person_id", person),
				},
			},
			[]string{
				"film>role one-to-many f[{id film_id}]",
				"person>role one-to-many p[{id person_id}]",
				"role>film many-to-one f[{film_id id}]",
				"role>person many-to-one p[{person_id id}]",
			},
		},
		{
			"no junction: a unique key is no leg",
			Catalog{
				Tables: []*Table{table(role, "film_id", "person_id")},
				ForeignKeys: []ForeignKey{
					key("f", role, "film_id", film),
					{Name: "p", Table: role, Foreign: person, Columns: []ColumnPair{{"person_id", "id"}}, Unique: true},
				},
			},
			[]string{
				"film>role one-to-many f[{id film_id}]",
				"person>role one-to-one p[{id person_id}] referenced",
				"role>film many-to-one f[{film_id id}]",
				"role>person one-to-one p[{person_id id}]",
			},
		},
		{
			"junction of a table with itself",
			Catalog{
				Tables: []*Table{table(api("friend"), "a", "b")},
				ForeignKeys: []ForeignKey{
					key("fa", api("friend"), "a", person), key("fb", api("friend"), "b", person),
				},
			},
			[]string{
				"friend>person many-to-one fa[{a id}]",
				"friend>person many-to-one fb[{b id}]",
				"person>friend one-to-many fa[{id a}]",
				"person>friend one-to-many fb[{id b}]",
				"person>person many-to-many api.friend fa[{id a}] fb[{id b}] self",
				"person>person many-to-many api.friend fb[{id b}] fa[{id a}] self",
			},
		},
		{
			"hidden relations",
			Catalog{
				Tables:     []*Table{table(film, "id")},
				HiddenKeys: []PrimaryKey{{hidden("role"), []string{"film_id", "person_id"}}},
				ForeignKeys: []ForeignKey{
					key("f", hidden("role"), "film_id", film), key("p", hidden("role"), "person_id", person),
					key("s", film, "studio_id", hidden("studio")),
				},
			},
			nil,
		},
		{
			"computed, overriding what has its name",
			Catalog{
				ForeignKeys: []ForeignKey{key("d", film, "director", person)},
				ComputedRelationships: []ComputedRelationship{
					{Function: person, Table: film, Foreign: person, SingleRow: true},
					{Function: api("films"), Table: person, Foreign: film},
					{Function: api("colleague"), Table: person, Foreign: person},
					{Function: hidden("film"), Table: person, Foreign: film},
					{Function: api("secret"), Table: person, Foreign: hidden("secret")},
				},
			},
			[]string{
				"film>person computed api.person single",
				"person>film one-to-many d[{id director}]",
				"person>person computed api.colleague self",
				"person>film computed api.films",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.catalog.Schemas = []string{"api"}
			requireLines(t, relationships(Build(&test.catalog)), test.want)
		})
	}
}

func TestEntriesWithoutRelationships(t *testing.T) {
	s := Build(&Catalog{
		Schemas:    []string{"api"},
		HiddenKeys: []PrimaryKey{{hidden("j"), []string{"a", "b"}}},
		ForeignKeys: []ForeignKey{
			key("ja", hidden("j"), "a", api("a")), key("jb", hidden("j"), "b", api("b")),
			key("alone", hidden("j"), "c", api("c")),
		},
		ComputedRelationships: []ComputedRelationship{
			{Function: api("f"), Table: api("d"), Foreign: hidden("j")},
			{Function: hidden("f"), Table: api("e"), Foreign: api("a")},
		},
	})
	want := map[string]bool{"a": true, "b": true, "c": false, "d": true, "e": false}
	for name, known := range want {
		entry, ok := s.Relationships(api(name), "api")
		if len(entry) != 0 || ok != known {
			t.Errorf("%s has relationships %v, %v; want none, %v", name, entry, ok, known)
		}
	}
	if got, want := s.RelationshipSources("api"), []string{"a", "b", "d"}; !slices.Equal(got, want) {
		t.Errorf("sources are %v, want %v", got, want)
	}
}

func TestToOne(t *testing.T) {
	for _, test := range []struct {
		r    Relationship
		want bool
	}{
		{Relationship{Cardinality: ManyToOne}, true},
		{Relationship{Cardinality: OneToOne}, true},
		{Relationship{Cardinality: OneToMany}, false},
		{Relationship{Cardinality: ManyToMany}, false},
		{Relationship{Cardinality: Computed}, false},
		{Relationship{Cardinality: Computed, SingleRow: true}, true},
	} {
		if test.r.ToOne() != test.want {
			t.Errorf("%s, single row %t: ToOne returns %t", test.r.Cardinality, test.r.SingleRow, test.r.ToOne())
		}
	}
}

func requireLines(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
