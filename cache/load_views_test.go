package cache

import (
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

func TestLoadViewColumns(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, "testdata/views.sql"))
	c, err := Load(t.Context(), conn, Options{Schemas: []string{"sky"}, ExtraSearchPath: []string{"middle"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range c.ViewColumns {
		got = append(got, v.View.Name+"."+v.Column+" = "+v.Table.String()+"."+v.TableColumn)
	}
	requireLines(t, got, []string{
		`finder.f2 = attic.star.finder`,
		`finder.star_a = attic.star.a`,
		`finders.f3 = attic.star.finder`,
		`grouped.finder = attic.star.finder`,
		`half_star.a = attic.star.a`,
		`pairs.one = attic.person.id`,
		`pairs.two = attic.person.id`,
		`pairs.mentor = attic.person.mentor`,
		`person.person_id = attic.person.id`,
		`person.mentor = attic.person.mentor`,
		`seen.p = attic.seen.person`,
		`seen.s = attic.seen.spot`,
		`spot.id = attic.spot.id`,
		`spot.s1 = attic.spot.s1`,
		`spot.s2 = attic.spot.s2`,
		`spot.s1_again = attic.spot.s1`,
		`spot.a = attic.star.a`,
		`spot.z = attic.star.z key`,
		`star.star_a = attic.star.a`,
		`star.star_z = attic.star.z key`,
		`star.finder = attic.star.finder`,
		`star.:weird {)(\" = attic.star.we)ird{ \x:resno`,
		`through_middle.who = attic.seen.person`,
		`through_middle.sp = attic.seen.spot`,
	})
}

func TestRelationshipsOfLoadedViews(t *testing.T) {
	s := Build(loadCatalog(t, "views.sql"))
	for name, want := range map[string][]string{
		"note": {
			"note>pairs many-to-one noted[{person one}] to-view",
			"note>pairs many-to-one noted[{person two}] to-view",
			"note>person many-to-one noted[{person person_id}] to-view",
		},
		"seen": {
			"seen>pairs many-to-one who[{p one}] from-view to-view",
			"seen>pairs many-to-one who[{p two}] from-view to-view",
			"seen>person many-to-one who[{p person_id}] from-view to-view",
			"seen>spot many-to-one what[{s id}] from-view to-view",
		},
		"half_star": nil,
		"computed":  nil,
		// The schema of the view middle is not on the search path here.
		"through_middle":  nil,
		"through_unknown": nil,
	} {
		entry, _ := s.Relationships(QualifiedName{"sky", name}, "sky")
		var got []string
		for _, r := range entry {
			got = append(got, text(r))
		}
		requireLines(t, got, want)
	}
	for name, want := range map[string][]string{
		"person": {"person_id"}, "pairs": {"one"}, "star": {"star_z", "star_a"}, "seen": {"p", "s"},
		"spot": {"id", "z", "a"}, "half_star": nil, "finder": nil,
	} {
		requireLines(t, s.Table(QualifiedName{"sky", name}).PrimaryKey, want)
	}
}
