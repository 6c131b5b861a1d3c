package cache

import (
	"fmt"
	"testing"
)

func TestLoadComputedRelationships(t *testing.T) {
	var got []string
	for _, r := range loadCatalog(t, "computed.sql").ComputedRelationships {
		line := fmt.Sprintf("%s: %s>%s", r.Function, r.Table, r.Foreign)
		if r.SingleRow {
			line += " single"
		}
		got = append(got, line)
	}
	requireLines(t, got, []string{
		"sky.moons: sky.planet>sky.moon",
		"sky.planet: sky.star>sky.planet",
		"sky.planets: sky.star>sky.planet",
		"sky.secret: sky.moon>attic.moon",
		"sky.sun: sky.planet>sky.star single",
		"sky.twin: sky.star>sky.star single",
	})
}

func TestLoadRepresentations(t *testing.T) {
	conn := connect(t, "computed.sql")
	if _, err := conn.Exec(t.Context(), "set role pg_monitor"); err != nil { // a role that may not call attic.forbidden
		t.Fatal(err)
	}
	c, err := Load(t.Context(), conn, Options{Schemas: []string{"sky"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range c.Representations {
		got = append(got, fmt.Sprintf("%s to %s by %s", r.Source, r.Target, r.Function))
	}
	requireLines(t, got, []string{
		`json to sky.color by sky.color_from`,
		`sky.color to json by sky.color_json`,
		`text to sky.color by attic.From "T" x`,
	})
}

func TestLoadMediaHandlers(t *testing.T) {
	var got []string
	for _, h := range loadCatalog(t, "computed.sql").MediaHandlers {
		got = append(got, fmt.Sprintf("%q accepts %s: %s gives %s", h.Target.String(), h.Accept, h.Function, h.MediaType))
	}
	requireLines(t, got, []string{
		`"" accepts text/plain: sky.all_text gives text/plain`,
		`"sky.photo" accepts */*: sky.*/* gives application/octet-stream`,
		`"sky.planet" accepts */*: sky.any_bytes gives application/octet-stream`,
		`"sky.report" accepts text/plain: sky.text/plain gives text/plain`,
		`"sky.star" accepts application/x-stars+xml: sky.star_xml gives application/x-Stars+xml`,
		`"sky.to_any" accepts */*: sky.*/* gives application/octet-stream`,
		`"sky.to_text" accepts text/plain: sky.text/plain gives text/plain`,
		`"sky.to_xml" accepts application/x-stars+xml: attic.application/x-Stars+xml gives application/x-Stars+xml`,
	})
}
