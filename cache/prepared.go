package cache

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// prepared are the queries that were prepared on a connection, which is kept for later loads: the name of the statement
// for each, by [ask.kind]. Planning the queries of a small load takes PostgreSQL several times as long as running them.
type prepared map[string]string

// preparedKey is the key of [prepared] in the data of a connection.
const preparedKey = "trunkline.cache.prepared"

// genericSQL has PostgreSQL plan each statement once, for any parameters: how many objects are asked for does not
// matter, as each is looked up by its oid.
const genericSQL = ";\nset local plan_cache_mode = force_generic_plan"

// prepareOn has later loads of what has changed prepare their queries on a connection. Nothing is prepared if a pooler is
// in between, which may have the next transaction run by another server process: the process that answers is not
// the one that the connection was opened with.
func prepareOn(ctx context.Context, conn *pgx.Conn) error {
	var process uint32
	err := conn.QueryRow(ctx, "select pg_catalog.pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&process)
	if err != nil {
		return fmt.Errorf("asking which process it is: %w", err)
	}
	if c := conn.PgConn(); process == c.PID() {
		c.CustomData()[preparedKey] = make(prepared)
	}
	return nil
}

// preparedOn returns what was prepared on a connection, nil if nothing may be.
func preparedOn(conn *pgconn.PgConn) prepared {
	statements, _ := conn.CustomData()[preparedKey].(prepared)
	return statements
}

// ask is a query with its parameters.
type ask struct {
	name   string
	params [][]byte
	rows   [][][]byte
}

// kind tells the text of the query.
func (a *ask) kind() string {
	kind := []byte(a.name)
	for _, p := range a.params {
		if p == nil {
			kind = append(kind, '-')
		} else {
			kind = append(kind, '+')
		}
	}
	return string(kind)
}

// unlessNull is a condition on objects that holds for all if the parameter with the number is null.
var unlessNull = regexp.MustCompile(`\$([1-9])::oid\[\] is null or `)

// sql returns the text of the query. Without the alternative that a parameter is null, if it is not, PostgreSQL can use
// an index in a plan for any parameters.
func (a *ask) sql() string {
	return unlessNull.ReplaceAllStringFunc(querySQL(a.name), func(alternative string) string {
		number, _ := strconv.Atoi(alternative[1:2]) // a digit
		if number > len(a.params) || a.params[number-1] == nil {
			return alternative
		}
		return ""
	})
}

// send adds the query to a pipeline.
func (a *ask) send(p *pgconn.Pipeline, statements prepared) {
	binaryFormat := []int16{pgtype.BinaryFormatCode}
	if statements == nil {
		p.SendQueryParams(a.sql(), a.params, nil, nil, binaryFormat)
		return
	}
	kind := a.kind()
	name, known := statements[kind]
	if !known {
		name = "trunkline_load_" + strconv.Itoa(len(statements))
		statements[kind] = name // if that fails, the connection is not used any more
		p.SendPrepare(name, a.sql(), nil)
	}
	p.SendQueryPrepared(name, a.params, nil, binaryFormat)
}

// read reads the rows of the query, the next of a pipeline.
func (a *ask) read(p *pgconn.Pipeline) error {
	results, err := p.GetResults()
	if _, isPrepared := results.(*pgconn.StatementDescription); err == nil && isPrepared {
		results, err = p.GetResults()
	}
	if err != nil {
		return err
	}
	reader, ok := results.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("the server sent %T instead of rows", results)
	}
	result := reader.Read()
	a.rows = result.Rows
	return result.Err
}
