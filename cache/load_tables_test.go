package cache

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLoadRelations(t *testing.T) {
	var got []string
	for _, table := range Build(loadCatalog(t, "relations.sql")).Tables("sky") {
		line := fmt.Sprintf("%s: %s", table.Name.Name, table.Kind)
		for _, may := range []struct {
			allowed bool
			event   string
		}{{table.Insertable, "insert"}, {table.Updatable, "update"}, {table.Deletable, "delete"}} {
			if may.allowed {
				line += " " + may.event
			}
		}
		if len(table.PrimaryKey) > 0 {
			line += fmt.Sprintf(" key %q", table.PrimaryKey)
		}
		if table.Description != "" {
			line += fmt.Sprintf(" %q", table.Description)
		}
		got = append(got, line)
	}
	requireLines(t, got, []string{
		`Möns "Ω" \ {x}: table insert update delete key ["weird \"col\", {1}"]`,
		`bright: view insert update delete key ["id"]`,
		`counts: view`,
		`empty: table insert update delete`,
		`frozen: materialized view key ["id"] "As of yesterday"`,
		`lost: foreign table`,
		`lost_thrice: view`,
		`lost_too: view`,
		`night: partitioned table insert update delete key ["day" "site" "year"]`,
		`remote: foreign table insert update delete`,
		`remote_read_only: foreign table`,
		`ruled: view update`,
		`star: table insert update delete key ["id"] "A star.\n\nIt shines."`,
		`written: view insert delete`,
	})
}

func TestLoadColumns(t *testing.T) {
	s := Build(loadCatalog(t, "relations.sql"))
	tests := []struct {
		table string
		want  []string
	}{
		{"star", []string{
			`id integer not null default nextval('sky.star_id_seq')`,
			`serial_no bigint not null default nextval('sky.star_serial_no_seq'::regclass)`,
			`always_no bigint not null generated`,
			`name character varying = character varying(40) max 40 not null default 'unnamed''s'::character varying "What it is called"`,
			`code character = character(3) max 3`,
			`flags bit = bit(4) max 4`,
			`mask bit varying = bit varying(9) max 9`,
			`free text`,
			`mag numeric = attic.magnitude default 99.99`,
			`vis numeric = attic.visible not null default 1`,
			`class attic.spectral ["O" "B" "A"]`,
			`dclass attic.class ["O" "B" "A"]`,
			`classes attic.spectral[] ["O" "B" "A"]`,
			`label character varying = attic.label max 12`,
			`pos attic."position"`,
			`place attic.place`,
			`price numeric = numeric(10,3)`,
			`seen timestamp with time zone = timestamp(3) with time zone default now()`,
			`plate integer default nextval('attic.plate_number'::regclass)`,
			`upper_name text generated`,
		}},
		{"bright", []string{`id integer`, `name character varying = character varying(40) max 40`, `mag numeric = attic.magnitude default 99.99`}},
		{"night", []string{`year integer not null`, `day integer not null`, `site text not null`, `note text`}},
		{`Möns "Ω" \ {x}`, []string{`weird "col", {1} integer not null`, `sp ace\ text`, `Ünï date`}},
		{"empty", nil},
	}
	for _, test := range tests {
		t.Run(test.table, func(t *testing.T) {
			var got []string
			for _, c := range s.Table(QualifiedName{"sky", test.table}).Columns {
				got = append(got, columnText(&c))
			}
			requireLines(t, got, test.want)
		})
	}
	for _, hidden := range []QualifiedName{{"sky", "night_2020"}, {"attic", "secret"}, {"sky", "pair"}, {"sky", "counter"}} {
		if s.Table(hidden) != nil {
			t.Errorf("%s is served", hidden)
		}
	}
}

// columnText formats a column as a line. The declared type follows the type if it differs.
func columnText(c *Column) string {
	var b strings.Builder
	b.WriteString(c.Name + " " + c.Type)
	if c.NominalType != c.Type {
		b.WriteString(" = " + c.NominalType)
	}
	if c.MaxLength != 0 {
		fmt.Fprintf(&b, " max %d", c.MaxLength)
	}
	if !c.Nullable {
		b.WriteString(" not null")
	}
	if c.Generated {
		b.WriteString(" generated")
	}
	if c.Default != "" {
		b.WriteString(" default " + c.Default)
	}
	if c.Enum != nil {
		fmt.Fprintf(&b, " %q", c.Enum)
	}
	if c.Description != "" {
		fmt.Fprintf(&b, " %q", c.Description)
	}
	return b.String()
}

func TestLoadSeveralSchemas(t *testing.T) {
	conn := connect(t, "relations.sql")
	o := Options{Schemas: []string{`Old "Sky"`, "sky", "attic"}}
	c, err := Load(t.Context(), conn, o)
	if err != nil {
		t.Fatal(err)
	}
	s := Build(c)
	if !slices.Equal(s.Schemas, o.Schemas) {
		t.Errorf("schemas are %q", s.Schemas)
	}
	requireLines(t, s.RelationNames(`Old "Sky"`), []string{"chart"})
	requireLines(t, s.RelationNames("attic"), []string{"secret"})
}

func TestLoadSharesText(t *testing.T) {
	c := loadCatalog(t, "relations.sql")
	var first, second *string
	for i := range c.Tables {
		for j := range c.Tables[i].Columns {
			if column := &c.Tables[i].Columns[j]; column.Type == "integer" {
				first, second = second, &column.Type
			}
		}
	}
	if !sameMemory(*first, *second) {
		t.Error("two equal type names do not share memory")
	}
}
