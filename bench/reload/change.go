package reload

import (
	"context"
	"fmt"
	"net/http"

	"trunkline/bench/stack"
)

// change is a command that changes the schema, and what shows that it is served.
type change struct {
	sql string
	// request is answered with 2xx as soon as the change is served. Without a path, nothing shows it.
	request request
}

type request struct{ method, path, body string }

// addColumn adds a column to one of the tables that were there. A server takes the names of the columns of a payload
// from its schema.
func (s *schema) addColumn() change {
	s.serial++
	table, column := s.table(s.serial), fmt.Sprintf("c%d", s.serial)
	return change{
		sql: fmt.Sprintf("ALTER TABLE %s.%s ADD COLUMN %s int", stack.Schema, table, column),
		request: request{
			http.MethodPost, "/" + table + "?columns=name," + column, `{"name": "x", "` + column + `": 1}`,
		},
	}
}

// addHiddenColumn adds a column to a table of the schema that is not served.
func (s *schema) addHiddenColumn() change {
	s.serial++
	return change{sql: fmt.Sprintf("ALTER TABLE %s.unseen ADD COLUMN c%d int", hidden, s.serial)}
}

// createTable creates a table.
func (s *schema) createTable(in string) change {
	return s.create(in, "new", "CREATE TABLE %s (id int PRIMARY KEY, name text)", "/%s")
}

// createView creates a view of a table that was there.
func (s *schema) createView(in string) change {
	return s.create(in, "view", "CREATE VIEW %s AS SELECT id, name FROM "+stack.Schema+".r0", "/%s?limit=1")
}

// createFunction creates a function.
func (s *schema) createFunction(in string) change {
	return s.create(in, "function", "CREATE FUNCTION %s() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'", "/rpc/%s")
}

// create creates something with a new name in a schema. If that is served, the path shows it.
func (s *schema) create(in, kind, sql, path string) change {
	s.serial++
	name := fmt.Sprint(kind, s.serial)
	c := change{sql: fmt.Sprintf(sql, in+"."+name)}
	if in == stack.Schema {
		c.request = request{http.MethodGet, fmt.Sprintf(path, name), ""}
	}
	return c
}

// comment changes a comment, which no request but one for the description shows.
func (s *schema) comment(in string) change {
	s.serial++
	return change{sql: fmt.Sprintf("COMMENT ON SCHEMA %s IS 'comment %d'", in, s.serial)}
}

// nextChange returns the next of a sequence of changes, half of them in a schema that is not served.
func (s *schema) nextChange() change {
	n := s.changes
	s.changes++
	in := stack.Schema
	if n%2 == 1 {
		in = hidden
	}
	kinds := []func(string) change{s.createTable, s.createView, s.createFunction, s.createTable, s.comment}
	return kinds[n/2%len(kinds)](in)
}

// apply makes a change and returns when it is committed.
func (s *schema) apply(ctx context.Context, c change) error { return s.exec(ctx, c.sql) }
