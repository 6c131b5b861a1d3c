package model

import (
	"strconv"

	"trunkline/planner/pgsql"
)

// streamed are statements with large answers, in one row or many. N is their size, and the row that fails if the
// statement is to fail half-way.
var streamed = []template{
	{name: "big", dimension: stream, weight: 5, reads: true, pure: true, roleOnly: true, sql: func(s *spec) pgsql.Statement {
		return s.main(columns{body: "repeat($1, " + strconv.Itoa(1<<(s.N%19)) + ")", from: nothing}, "x"+slot(s))
	}},
	{
		name: "text lines", dimension: stream, weight: 3, reads: true, pure: true, roleOnly: true, rows: pgsql.TextLines,
		sql: func(s *spec) pgsql.Statement { return s.series("repeat('line ' || i || ' ', 1 + i % 40)") },
	},
	{
		name: "json lines", dimension: stream, weight: 3, reads: true, pure: true, roleOnly: true, rows: pgsql.JSONLines,
		sql: func(s *spec) pgsql.Statement {
			return s.series("json_build_object('i', i, 'is', array[i])::text || E'\\n\\r '")
		},
	},
	{
		name: "lines that fail", dimension: stream, weight: 2, reads: true, pure: true, roleOnly: true, rows: pgsql.TextLines,
		sql: func(s *spec) pgsql.Statement { return s.series("(7 / (i - " + strconv.Itoa(s.N%900) + "))::text") },
	},
	{
		name: "explained", dimension: stream, weight: 1, reads: true, pure: true, roleOnly: true, lines: true,
		sql: func(_ *spec) pgsql.Statement {
			return sqlOf("explain (costs off) select from generate_series(1, 3) a, generate_series(1, 4) b")
		},
	},
}

// series returns a statement of some hundred rows. They are not counted: the first is answered before the last is
// known.
func (s *spec) series(body string) pgsql.Statement {
	c := columns{pageTotal: "null::bigint", body: body, from: "generate_series(1, $1::int) i"}
	return sqlOf(c.text(), strconv.Itoa(1+s.N%900))
}
