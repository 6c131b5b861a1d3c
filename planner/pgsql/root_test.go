package pgsql

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg/pgtest"
)

func TestRoot(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	access := rootOf(t, conn, "pgsql_reader", "api", true)
	if access.Comment == nil || *access.Comment != "Films" {
		t.Errorf("the comment is %v", access.Comment)
	}
	want := []TableAccess{
		{Name: "directors", Columns: []ColumnAccess{
			{Name: "id", Select: true}, {Name: "name", Select: true, Update: true}, {Name: "data"},
		}},
		{Name: "films", Select: true, Columns: readableFilmColumns()},
		{Name: "roles", Delete: true},
	}
	if !reflect.DeepEqual(access.Tables, want) {
		t.Errorf("the relations are %+v", access.Tables)
	}
	for _, r := range []RoutineAccess{
		{"add", []string{"a", "b"}},
		{"whole_json", []string{""}},
		{"statistics", []string{}},
		{"by_year", []string{}},
		{"total", []string{"n"}},
	} {
		same := func(o RoutineAccess) bool { return o.Name == r.Name && slices.Equal(o.Arguments, r.Arguments) }
		if !slices.ContainsFunc(access.Routines, same) {
			t.Errorf("the routines lack %v: %v", r, access.Routines)
		}
	}
	for _, r := range access.Routines {
		if r.Name == "today" || r.Name == "titles" {
			t.Errorf("%s is a routine, which the role may not execute or is an aggregate", r.Name)
		}
	}
}

// readableFilmColumns are the columns of films, which are returned because one of them is generated.
func readableFilmColumns() []ColumnAccess {
	var columns []ColumnAccess
	for _, name := range []string{
		"id", "title", "year", "rating", "meta", "plot", "tags", "shown", "director_id", "studio_id", "label",
	} {
		columns = append(columns, ColumnAccess{Name: name, Select: true})
	}
	return columns
}

// TestRootOfAll sees what a superuser sees: relations of every kind, nothing of other schemas.
func TestRootOfAll(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	access := rootOf(t, conn, "none", "api", true)
	names := make([]string, len(access.Tables))
	for i, table := range access.Tables {
		names[i] = table.Name
		if !table.Select || !table.Insert || !table.Update || !table.Delete {
			t.Errorf("a superuser lacks privileges: %+v", table)
		}
		for _, c := range table.Columns {
			if generated := table.Name == "films" && c.Name == "label"; c.Insert == generated || c.Update == generated {
				t.Errorf("a superuser's column of %s is %+v", table.Name, c)
			}
		}
	}
	if !slices.Equal(names, []string{
		`Odd "table"`, "actors", "categories", "crates", "director_view", "directors", "film_view", "films", "flags", "goods", "paints",
		"posters", "roles", "stars", "studios", "tints", "walls", "wide",
	}) {
		t.Errorf("the relations are %q", names)
	}
}

func TestRootWithoutPrivileges(t *testing.T) {
	conn := pgtest.Conn(t, pgtest.Database(t, fixtureFile))
	access := rootOf(t, conn, "none", "api", false)
	if access.Comment == nil || access.Tables != nil || access.Routines != nil {
		t.Errorf("got %+v", access)
	}
	if access := rootOf(t, conn, "none", `Odd "schema"`, true); access.Comment != nil || access.Tables != nil {
		t.Errorf("an empty schema has %+v", access)
	}
}

func rootOf(t *testing.T, conn *pgx.Conn, role, schema string, privileges bool) Access {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if r := run(t, conn, SetSession(&Session{SearchPath: []string{schema}, Role: role, ReadOnly: true})); r.Err != nil {
		t.Fatal(r.Err)
	}
	r := run(t, conn, Root(schema, privileges))
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if len(r.Rows) != 1 || len(r.Rows[0]) != ColumnCount {
		t.Fatalf("got %d rows", len(r.Rows))
	}
	var access Access
	if err := json.Unmarshal(r.Rows[0][ColumnBody], &access); err != nil {
		t.Fatal(err)
	}
	return access
}
