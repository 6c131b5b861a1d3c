package cache

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

// TestChangesAreReadByPreparedQueries has changes of one kind be read by the queries that the first of them has prepared,
// planned for any parameters.
func TestChangesAreReadByPreparedQueries(t *testing.T) {
	f := newFollower(t, "create schema ext; create schema api; create table api.a (id int)")
	for _, sql := range []string{
		"alter table api.a add column b int", "create function api.f() returns int language sql as 'select 1'",
	} {
		if f.follow(f.announcedBy(sql)) != "changes" {
			t.Fatalf("%s: everything was loaded", sql)
		}
	}
	before := preparedStatements(t, f.read)
	for _, sql := range []string{
		"alter table api.a add column c int", "create function api.g() returns int language sql as 'select 1'",
	} {
		f.follow(f.announcedBy(sql))
	}
	after := preparedStatements(t, f.read)
	if before.statements == 0 || before.statements != after.statements {
		t.Errorf("%d queries were prepared for the first changes, %d for all", before.statements, after.statements)
	}
	if after.generic != after.used || after.used <= before.used {
		t.Errorf("%d of %d uses were of a plan for any parameters, after %d before", after.generic, after.used, before.used)
	}
	if f.snapshot.Table(QualifiedName{"api", "a"}).Column("c") == nil || len(f.snapshot.Routines(QualifiedName{"api", "g"})) == 0 {
		t.Error("the changes are missing")
	}
}

// announcedBy runs a command and returns the changes that it announced.
func (f *follower) announcedBy(sql string) []Change {
	f.t.Helper()
	run(f.t, f.ddl, sql)
	return f.announced()
}

// planUses says how many statements were prepared, how often they were used, and how often with a plan for any
// parameters.
type planUses struct{ statements, used, generic int }

func preparedStatements(t *testing.T, conn *pgx.Conn) (u planUses) {
	t.Helper()
	err := conn.QueryRow(t.Context(),
		"select count(*), sum(generic_plans + custom_plans), sum(generic_plans) from pg_prepared_statements "+
			"where name like 'trunkline%'", pgx.QueryExecModeSimpleProtocol).Scan(&u.statements, &u.used, &u.generic)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestNothingIsPreparedBehindPoolers has queries be prepared on direct connections only.
func TestNothingIsPreparedBehindPoolers(t *testing.T) {
	direct := pgtest.Conn(t, pgtest.Database(t))
	pooler := pgtest.Bouncer(t, localpg.BouncerOptions{PoolSize: 2})
	pooled := pgtest.Conn(t, pooler.DSN(direct.Config().Database, "postgres"))
	for server, conn := range map[string]*pgx.Conn{"PostgreSQL": direct, "PgBouncer": pooled} {
		if err := prepareOn(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		if got := preparedOn(conn.PgConn()) != nil; got != (server == "PostgreSQL") {
			t.Errorf("queries are prepared on a connection to %s: %v", server, got)
		}
	}
}

// TestConditionsForAll has each query that reads all objects if a parameter is null, and only some otherwise, say so in
// the words that are left out in the second case.
func TestConditionsForAll(t *testing.T) {
	files, err := queries.ReadDir("queries")
	if err != nil {
		t.Fatal(err)
	}
	conditional := 0
	for _, file := range files {
		a := ask{name: strings.TrimSuffix(file.Name(), ".sql"), params: make([][]byte, 9)}
		if a.sql() != querySQL(a.name) {
			t.Errorf("%s without parameters has another text", a.name)
		}
		for i := range a.params {
			a.params[i] = []byte("{}")
		}
		if sql := a.sql(); sql != querySQL(a.name) {
			conditional++
		} else if strings.Contains(sql, "[] is null or") {
			t.Errorf("%s with parameters has a condition for none", a.name)
		}
	}
	if conditional == 0 {
		t.Error("no query has such a condition")
	}
}
