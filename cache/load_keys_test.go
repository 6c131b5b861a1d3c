package cache

import (
	"fmt"
	"testing"
)

func TestLoadForeignKeys(t *testing.T) {
	c := loadCatalog(t, "keys.sql")
	var got []string
	for _, fk := range c.ForeignKeys {
		line := fmt.Sprintf("%s: %s>%s %v", fk.Name, fk.Table, fk.Foreign, fk.Columns)
		if fk.Unique {
			line += " unique"
		}
		got = append(got, line)
	}
	requireLines(t, got, []string{
		"listener_badge_fkey: attic.listener>sky.badge [{badge person}]",
		"listener_talk_fkey: attic.listener>sky.talk [{talk id}]",
		"badge_person_fkey: sky.badge>sky.person [{person id}] unique",
		"before: sky.chair>sky.desk [{desk id}]",
		"at: sky.desk>sky.site [{country country} {code code}] unique",
		"grant_to_night_year_night_id_fkey: sky.grant_to>sky.night [{night_year year} {night_id id}]",
		"grant_to_talk_fkey: sky.grant_to>sky.talk [{talk id}]",
		"observed: sky.night>sky.person [{observer id}]",
		"own: sky.night_2021>sky.night_2020 [{year year} {id id}] unique",
		"mentored: sky.person>sky.person [{mentor id}]",
		"works: sky.person>sky.site [{code code} {country country}]",
		"taken: sky.shot>sky.night [{year year} {night id}]",
		"headed: sky.site>sky.person [{boss id}] unique",
		"speaker_person_fkey: sky.speaker>sky.person [{person id}]",
		"speaker_talk_fkey: sky.speaker>sky.talk [{talk id}]",
	})
	requireLines(t, []string{fmt.Sprint(c.HiddenKeys)},
		[]string{"[{attic.listener [badge talk]} {sky.night_2021 [year id]}]"})
}

func TestRelationshipsOfLoadedKeys(t *testing.T) {
	s := Build(loadCatalog(t, "keys.sql"))
	for name, want := range map[string][]string{
		"talk": {
			"talk>grant_to one-to-many grant_to_talk_fkey[{id talk}]",
			"talk>night many-to-many sky.grant_to grant_to_talk_fkey[{id talk}] " +
				"grant_to_night_year_night_id_fkey[{year night_year} {id night_id}]",
			"talk>person many-to-many sky.speaker speaker_talk_fkey[{id talk}] speaker_person_fkey[{id person}]",
			"talk>speaker one-to-many speaker_talk_fkey[{id talk}]",
		},
		"badge": {"badge>person one-to-one badge_person_fkey[{person id}]"},
		"desk": {
			"desk>chair one-to-many before[{id desk}]",
			"desk>site one-to-one at[{country country} {code code}]",
		},
		"key": nil,
	} {
		entry, _ := s.Relationships(QualifiedName{"sky", name}, "sky")
		var got []string
		for _, r := range entry {
			got = append(got, text(r))
		}
		requireLines(t, got, want)
	}
}
