package model

import (
	"strconv"

	"trunkline/planner/pgsql"
)

// The dimensions that the flag -without leaves out, in addition to those of the generator.
const (
	secrets = "secrets" // functions that only some roles may call
	shapes  = "ddl"     // what DDL changes
	dynamic = "dynamic" // functions that run SQL that they are given
	leaving = "leaving" // functions without dynamic SQL that change settings
	stream  = "stream"
)

var byName = func() map[string]*template {
	m := make(map[string]*template, len(mains))
	for i := range mains {
		m[mains[i].name] = &mains[i]
	}
	return m
}()

// reading returns a template of a pure read that sees the role at most.
func reading(name string, weight int, sql func(s *spec) pgsql.Statement) template {
	return template{name: name, weight: weight, reads: true, pure: true, roleOnly: true, sql: sql}
}

// writing returns a template of a write to tables that have no code of users.
func writing(name string, weight int, sql func(s *spec) pgsql.Statement) template {
	return template{name: name, weight: weight, writes: true, pure: true, roleOnly: true, sql: sql}
}

// classified returns a template of a read that only editors may do. PostgreSQL plans a statement with parameters anew
// for some times, one without only once.
func classified(name, body, from string, params ...string) template {
	return template{
		name: name, dimension: secrets, weight: 4, reads: true, roleOnly: true,
		sql: func(s *spec) pgsql.Statement {
			return s.main(columns{body: "string_agg(" + body + ", ',')", from: from}, params...)
		},
	}
}

// acting returns a template whose statement calls a function that runs the job's action.
func acting(name string, reads, writes bool, sql func(s *spec) pgsql.Statement) template {
	return template{name: name, dimension: dynamic, weight: 6, reads: reads, writes: writes, acts: true, sql: sql}
}

func id(s *spec) string     { return strconv.Itoa(s.id()) }
func slot(s *spec) string   { return strconv.Itoa(s.Slot) }
func number(s *spec) string { return strconv.Itoa(s.N) }

var mains = append(append(append([]template{
	{name: "probe", weight: 10, reads: true, pure: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "'probe'", from: nothing})
	}},
	reading("item", 10, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "string_agg(name || ' ' || n, ',')", from: "api.item where id = $1"}, id(s))
	}),
	reading("page", 6, func(s *spec) pgsql.Statement {
		return s.main(columns{
			total: "(select count(*) from api.item where slot = $1)", body: "coalesce(json_agg(t)::text, '[]')",
			from: "(select * from api.item where slot = $1 order by id limit 3) t",
		}, slot(s))
	}),
	reading("confidential", 3, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "string_agg(text, ',')", from: "api.confidential where slot = $1"}, slot(s))
	}),
	{name: "own", weight: 6, reads: true, pure: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "string_agg(secret, ',' order by id)", from: "api.own where slot = $1"}, slot(s))
	}},
	{name: "unqualified", weight: 6, reads: true, pure: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "string_agg(name, ',' order by id)", from: "item where id = $1"}, id(s))
	}},
	{name: "slow", weight: 2, reads: true, pure: true, roleOnly: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "'slept'", from: "pg_sleep(0.002)"})
	}},
	{name: "hold", reads: true, pure: true, roleOnly: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "'held'", from: "pg_advisory_xact_lock(77)"})
	}},
	{name: "headers", weight: 4, dimension: leaving, reads: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{
			body: "max(r)", from: "(select api.set_local('response.headers', $1) || api.set_local('response.status', '203') as r offset 0) f",
		}, `[{"X-Own": "`+s.user()+`"}]`)
	}},
}, failing...), written...), others...)

// failing are statements that fail when they are parsed, planned or executed.
var failing = []template{
	reading("fails to parse", 1, func(s *spec) pgsql.Statement { return s.main(columns{body: "''", from: "where and"}) }),
	reading("no such table", 1, func(s *spec) pgsql.Statement { return s.main(columns{body: "''", from: "api.nothing"}) }),
	reading("no such function", 1, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "api.nothing($1)", from: nothing}, "1")
	}),
	reading("bad parameter", 1, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "count(*)::text", from: "api.item where id = $1"}, "no number")
	}),
	reading("fails at times", 6, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "(60 / ($1::int % 4))::text", from: nothing}, number(s))
	}),
	reading("fails to run", 2, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "(1 / (count(*) - 1))::text", from: nothing})
	}),
}

// written are statements that write.
var written = []template{
	writing("insert", 5, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with:     "with w as (insert into api.item values ($1, $2, $3, $4) returning *) ",
			location: "array_agg('id=eq.' || id)", body: "string_agg(name, ',')", from: "w",
		}, id(s), slot(s), "new "+number(s), "1")
	}),
	writing("increment", 12, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (update api.item set n = n + 1 where id = $1 returning *) ",
			body: "string_agg(n::text, ',')", from: "w",
		}, id(s))
	}),
	writing("violate", 2, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (update api.item set n = -1 where id = $1 returning *) ",
			body: "string_agg(n::text, ',')", from: "w",
		}, id(s))
	}),
	writing("delete", 3, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (delete from api.item where id = $1 returning *) ", body: "string_agg(name, ',')", from: "w",
		}, id(s))
	}),
	writing("upsert", 5, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (insert into api.item values ($1, $2, $3, 1) on conflict (id) do update " +
				"set n = item.n + 1, name = excluded.name returning *, (xmax = 0) as fresh) ",
			inserted: "count(*) filter (where fresh)::int", body: "string_agg(name || n, ',')", from: "w",
		}, id(s), slot(s), "put "+number(s))
	}),
	writing("insert line", 4, func(s *spec) pgsql.Statement { // The constraint is deferred: item 999999 is missed at the end.
		item := id(s)
		if s.N%3 == 0 {
			item = "999999"
		}
		return s.main(columns{
			with: "with w as (insert into api.line values ($1, $2, $3) on conflict (id) do update set item = excluded.item returning *) ",
			body: "count(*)::text", from: "w",
		}, id(s), slot(s), item)
	}),
	{name: "own insert", weight: 2, writes: true, pure: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (insert into api.own values ($1, $2, $3, 'new') returning *) ", body: "string_agg(owner, ',')", from: "w",
		}, strconv.Itoa(s.Slot*100+10+s.N%20), slot(s), "u"+strconv.Itoa(s.Slot+s.N%2))
	}},
}

// others are those that exercise one dimension.
var others = append([]template{
	classified("classified", "api.classified()", "api.fixed"),
	classified("classified of", "api.classified_of(n)", "api.fixed where id = $1", "1"),
	classified("classified fixed", "api.classified_fixed()", "api.fixed"),
	classified("classified folded", "api.classified_folded(1)", "api.fixed"),
	classified("classified rows", "r", "api.classified_rows() r"),
	classified("classified column", "i.classified_column", "api.fixed i"),
	classified("classified filter", "name", "api.fixed i where api.classified_column(i) like 'classified%'"),
	classified("classified order", "name", "(select name from api.fixed i where id = $1 order by api.classified_of(n) limit 1) o", "1"),

	acting("call", true, true, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "max(r)", from: "(select api.act($1) as r offset 0) f"}, s.Action)
	}),
	acting("view", true, false, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "max(asked)", from: "(select asked from api.spy where id = $1 offset 0) f"}, id(s))
	}),
	acting("computed column", true, false, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "max(a)", from: "(select api.asked(i) as a from api.item i where id = $1 offset 0) f"}, id(s))
	}),
	acting("policy", true, false, func(s *spec) pgsql.Statement {
		return s.main(columns{body: "max(name)", from: "api.guarded where id = $1"}, strconv.Itoa(s.Slot*100))
	}),
	acting("trigger", false, true, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (insert into api.triggered values ($1, $2, 1) on conflict (id) do update set n = triggered.n + 1 returning *) ",
			body: "max(n)::text", from: "w",
		}, id(s), slot(s))
	}),
	acting("late trigger", false, true, func(s *spec) pgsql.Statement {
		return s.main(columns{
			with: "with w as (insert into api.late values ($1, $2, 1) on conflict (id) do update set n = late.n + 1 returning *) ",
			body: "max(n)::text", from: "w",
		}, id(s), slot(s))
	}),
	{name: "set", dimension: leaving, weight: 8, reads: true, leaves: true, sql: func(s *spec) pgsql.Statement {
		name, value := s.setting()
		return s.main(columns{body: "max(r)", from: "(select api.set($1, $2) as r offset 0) f"}, name, value)
	}},
	{name: "lock and fail", dimension: leaving, weight: 4, reads: true, leaves: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "max(1 / r)::text", from: "(select api.lock($1) - 1 as r offset 0) f"}, strconv.Itoa(s.Slot*1000+s.N))
	}},
}, append(shaped, streamed...)...)

// shaped are those whose statements DDL changes. See ddl_test.go.
var shaped = []template{
	shapedBy("shape", true, func(s *spec) (columns, []string) {
		return columns{body: "string_agg(label, ',')", from: "api.shape where slot = $1 and v = $2"}, []string{slot(s), "10"}
	}),
	shapedBy("shape's kind", false, func(s *spec) (columns, []string) {
		kind := strconv.Itoa((s.Slot*100 + 1) % 7)
		return columns{body: "string_agg(v::text, ',' order by id)", from: "api.shape s where slot = $1 and api.kind(s) = $2"}, []string{slot(s), kind}
	}),
	shapedBy("pair", false, func(s *spec) (columns, []string) {
		return columns{body: "max(b)::text", from: "api.pair($1) where a = $2"}, []string{"4", "4"}
	}),
	shapedBy("point", false, func(_ *spec) (columns, []string) {
		return columns{body: "max(x)::text", from: "api.point($1) where x = $2"}, []string{"4", "4"}
	}),
	shapedBy("greeting", false, func(_ *spec) (columns, []string) {
		return columns{body: "max(api.greeting()::text)", from: nothing}, nil
	}),
	{name: "label", dimension: shapes, weight: 3, reads: true, pure: true, roleOnly: true, sql: func(s *spec) pgsql.Statement {
		return sqlOf(columns{body: "(select label from api.shape where id = $1)", from: nothing}.text(), strconv.Itoa(s.Slot*100+1))
	}},
}

func shapedBy(name string, pure bool, sql func(s *spec) (columns, []string)) template {
	return template{
		name: name, dimension: shapes, weight: 3, reads: true, pure: pure, roleOnly: true,
		sql: func(s *spec) pgsql.Statement {
			c, params := sql(s)
			return s.main(c, params...)
		},
	}
}
