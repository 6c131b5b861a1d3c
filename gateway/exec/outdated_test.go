package exec

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// change is a change of the schema after which a statement of the same text has parameters of other types.
type change struct {
	name          string
	create, alter string
	// from is what a statement reads, with a parameter whose values before and after are given.
	from, before, after string
}

var changes = []change{
	{
		"computed column",
		"create function c_rank(item) returns int language sql stable as 'select $1.id'",
		"drop function c_rank(item); create function c_rank(item) returns text language sql stable as $$ select 'r' || $1.id $$",
		"item i where c_rank(i) = $1", "7", "r7",
	},
	{
		"OUT parameter",
		"create function o_find(out a int, out b text) language sql stable as $$ select 7, 'x' $$",
		"drop function o_find(); create function o_find(out a text, out b text) language sql stable as $$ select 'x7', 'x' $$",
		"o_find() i where a = $1", "7", "x7",
	},
	{
		"argument",
		"create function a_ids(int) returns setof int language sql stable as 'select $1'",
		"drop function a_ids(int); create function a_ids(text) returns setof text language sql stable as 'select $1'",
		"a_ids($1) i", "7", "not a number",
	},
	{
		"attribute of a composite",
		"create type c_pair as (x int, y int); create table pairs (p c_pair); insert into pairs values ((7, 8));" +
			"grant select on pairs to public",
		"alter table pairs drop p; alter type c_pair alter attribute x type text; " +
			"alter table pairs add p c_pair; update pairs set p = ('p7', 8)",
		"pairs where (p).x = $1", "7", "p7",
	},
	{
		"column",
		"create table c_codes as select 7 as code; grant select on c_codes to public",
		"alter table c_codes alter code type text using 'c' || code",
		"c_codes where code = $1", "7", "c7",
	},
	{
		"enum",
		"create type e_old as enum ('a'); create type e_new as enum ('b'); create table e_codes (code e_old); " +
			"insert into e_codes values ('a'); grant select on e_codes to public",
		"alter table e_codes alter code type e_new using 'b'",
		"e_codes where code = $1", "a", "b",
	},
	{
		"domain for a type",
		"create table d_codes as select date '2026-01-01' as code; grant select on d_codes to public",
		"alter table d_codes alter code type int using 9",
		"d_codes where code = $1", "2026-01-01", "9",
	},
	{
		"view",
		"create view v_codes as select 7 as code; grant select on v_codes to public",
		"drop view v_codes; create view v_codes as select 'v7'::text as code; grant select on v_codes to public",
		"v_codes where code = $1", "7", "v7",
	},
	{
		"table of the same name",
		"create table t_codes as select 7 as code; grant select on t_codes to public",
		"alter table t_codes rename to t_codes_old; create table t_codes as select 't7' as code; grant select on t_codes to public",
		"t_codes where code = $1", "7", "t7",
	},
}

// A statement that was parsed before types changed is parsed again, in jobs of all kinds, whether the
// gateway has been notified of the change or not.
func TestOutdatedStatements(t *testing.T) {
	if testing.Short() {
		t.Skip("each statement runs until PostgreSQL plans it for all values")
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			d := newDatabase(t)
			alter(t, d, c.create)
			p := newPool(t, d.config)
			process := backend(t, p)
			kinds := func(value string) []*Job {
				main := mainOf("count(*)::text", c.from, value)
				checked := write(main)
				checked.Check = func(*Answer) *apierr.Error { return nil }
				isolated, undone := write(main), write(main)
				isolated.Isolation, undone.Rollback = "serializable", true
				estimated := read(main)
				estimated.Explain = pgsql.Statement{SQL: "explain (format json) select from " + c.from, Params: main.Params}
				return []*Job{read(main), roleOnly(read(main)), write(main), checked, isolated, undone, estimated}
			}
			for range 7 {
				for _, job := range kinds(c.before) {
					equal(t, "before", mustRun(t, p, job), "1")
				}
			}
			alter(t, d, c.alter)
			for range 3 {
				for _, job := range kinds(c.after) {
					equal(t, "after", mustRun(t, p, job), "1")
				}
			}
			equal(t, "process", backend(t, p), process)
		})
	}
}

// The connection is lost after the error about an outdated statement. The request did not cause that error: it is tried
// on another connection, and if its client has disconnected meanwhile, it failed because of the connection.
func TestOutdatedStatementOfALostConnection(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprintf("gone %t", gone), func(t *testing.T) {
			c := changes[0]
			d := newDatabase(t)
			alter(t, d, c.create)
			var w tap
			p := newPool(t, w.through(d.config))
			for range 3 {
				mustRun(t, p, roleOnly(read(mainOf("count(*)::text", c.from, c.before))))
			}
			alter(t, d, c.alter)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.onRead(func(conn net.Conn, b []byte) (int, error) {
				if gone {
					cancel()
				}
				return readUpTo(&w, "E")(conn, b)
			})
			result, err := p.Run(ctx, roleOnly(read(mainOf("count(*)::text", c.from, c.after))))
			if err == nil {
				result.Release()
			}
			var answer *apierr.Error
			if gone != errors.As(err, &answer) || gone && answer.Code != "PGRST001" {
				t.Error(err)
			}
		})
	}
}

// An error in a value is reported to the client, and does not affect the prepared statement.
func TestWrongValuesKeepStatements(t *testing.T) {
	var w tap
	p := newPool(t, w.through(newDatabase(t).config))
	for range 2 {
		mustRun(t, p, roleOnly(names("1")))
	}
	for range 3 {
		mustFail(t, p, roleOnly(names("one")), "22P02")
		mustFail(t, p, roleOnly(names("99999999999")), "22003")
	}
	mustRun(t, p, roleOnly(names("1"))) // The role is set again after a failure.
	w.reset()
	mustRun(t, p, roleOnly(names("1")))
	equal(t, "sent", sentBy(&w), "[BES]")
}

// A reload renews all statements: PostgreSQL would answer with the row type of a function's table as it was.
func TestRowTypeAfterAReload(t *testing.T) {
	d := newDatabase(t)
	alter(t, d, `create table hidden (a int, b text); insert into hidden values (1, 'x');
		create function rows_of_hidden() returns setof hidden language sql stable security definer as 'select * from hidden'`)
	p := newPool(t, d.config)
	job := read(mainOf("json_agg(to_json(r))::text", "rows_of_hidden() r"))
	for range 7 {
		equal(t, "before", mustRun(t, p, job), `[{"a":1,"b":"x"}]`)
	}
	alter(t, d, "alter table hidden add c numeric default 2.5, alter a type text using 'a' || a")
	p.SetGeneration(1)
	for range 3 {
		equal(t, "after", mustRun(t, p, job), `[{"a":"a1","b":"x","c":2.5}]`)
	}
}

// Statements are bounded by the size of their texts too, and those that are very long are not prepared.
func TestStatementsAreBoundedInBytes(t *testing.T) {
	p := newPool(t, newDatabase(t).config, func(o *Options) { o.StatementCacheBytes, o.StatementCacheSize = 50_000, 1000 })
	padded := func(n, size int) *Job {
		job := numbered(n)
		job.Main.SQL += " /*" + strings.Repeat("x", size) + "*/"
		return job
	}
	bytes := "(select sum(length(statement)) <= 50000 and count(*) > 8 from pg_prepared_statements)::text"
	for n := range 100 {
		for range 2 {
			mustRun(t, p, padded(n, 1000))
		}
	}
	for range 3 {
		equal(t, "bounded", mustRun(t, p, read(mainOf(bytes, "(values (1)) v"))), "true")
	}
	for range 3 {
		mustRun(t, p, padded(1, 40_000))
	}
	longest := "(select max(length(statement)) < 40000 from pg_prepared_statements)::text"
	equal(t, "long ones", mustRun(t, p, read(mainOf(longest, "(values (1)) v"))), "true")
}
