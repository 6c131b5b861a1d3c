package model

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// oracle runs jobs one by one, each on its own connection. Those that leave nothing behind, as the model and not
// the executor knows it, may share one, in sequence: opening a connection costs more than all else.
type oracle struct {
	config *pgconn.Config
	conn   *pgconn.PgConn // nil if there is none that is as good as new
}

// run runs a job. The error is of the oracle itself.
func (o *oracle) run(ctx context.Context, s *spec) (answer, error) {
	if o.conn == nil {
		conn, err := pgconn.ConnectConfig(ctx, o.config.Copy())
		if err != nil {
			return answer{}, err
		}
		o.conn = conn
	}
	a, err := transaction(ctx, o.conn, s)
	if s.stains() || *freshFlag {
		o.renew(ctx)
	} else if o.conn.TxStatus() != 'I' {
		if err := simple(ctx, o.conn, "ROLLBACK"); err != nil {
			return answer{}, err
		}
	}
	var pg *pgconn.PgError
	var refused *apierr.Error
	switch {
	case errors.As(err, &refused):
		return answer{err: refused, body: a.body}, nil
	case errors.As(err, &pg):
		return answer{err: clientError(pg, s), body: a.body}, nil
	}
	return a, err
}

// renew has the next job use a new connection.
func (o *oracle) renew(ctx context.Context) {
	if o.conn != nil {
		_ = o.conn.Close(ctx)
		o.conn = nil
	}
}

// clientError is what a client sees of a database error.
func clientError(pg *pgconn.PgError, s *spec) *apierr.Error {
	return apierr.FromPostgres(&apierr.Postgres{
		Code: pg.Code, Message: pg.Message, Detail: pg.Detail, Hint: pg.Hint,
		HasDetail: pg.Detail != "", HasHint: pg.Hint != "",
	}, s.Role != "model_anon")
}

// transaction runs what the job asks for in a transaction.
func transaction(ctx context.Context, conn *pgconn.PgConn, s *spec) (answer, error) {
	level := s.Isolation
	if level == "" {
		level = "read committed" // whatever the default of the role that logs in is
	}
	if err := simple(ctx, conn, "BEGIN ISOLATION LEVEL "+level+", READ WRITE"); err != nil {
		return answer{}, err
	}
	a, err := statements(ctx, conn, s)
	if err == nil && s.Check != "" {
		rows, _ := strconv.ParseInt(a.pageTotal, 10, 64) // nothing is 0, as in a result
		if e := s.verdict(rows); e != nil {
			err = e
		}
	}
	if err != nil {
		return a, err
	}
	if s.Rollback && !s.ReadOnly {
		return a, simple(ctx, conn, "SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK")
	}
	return a, simple(ctx, conn, "COMMIT")
}

func simple(ctx context.Context, conn *pgconn.PgConn, sql string) error {
	return conn.Exec(ctx, sql).Close()
}

// statements runs the job's statements in their order.
func statements(ctx context.Context, conn *pgconn.PgConn, s *spec) (a answer, err error) {
	planned := "null"
	for _, st := range [...]pgsql.Statement{s.settings(), s.preRequest(), s.explain()} {
		if st.Empty() {
			continue
		}
		rows, err := query(ctx, conn, st, nil)
		if err != nil {
			return a, err
		}
		if m := estimate.FindSubmatch(rows[0][0]); m != nil {
			planned = string(m[1])
		}
	}
	main := s.statement()
	var formats []int16
	if main.BinaryBody {
		formats = make([]int16, pgsql.ColumnCount)
		formats[pgsql.ColumnBody] = 1
	}
	rows, err := query(ctx, conn, main, formats)
	if s.template().lines {
		a = lines(rows)
	} else if len(rows) > 0 {
		a = mainAnswer(rows, main.Rows)
	}
	a.planned = planned
	return a, err
}

var estimate = regexp.MustCompile(`"Plan Rows": (\d+)`)

// query returns all rows, up to the error if there is one.
func query(ctx context.Context, conn *pgconn.PgConn, s pgsql.Statement, formats []int16) (rows [][][]byte, err error) {
	params := make([][]byte, len(s.Params))
	for i := range s.Params {
		params[i] = s.Params[i].Value
	}
	reader := conn.ExecParams(ctx, s.SQL, params, nil, nil, formats)
	for reader.NextRow() {
		row := make([][]byte, len(reader.Values()))
		for i, v := range reader.Values() {
			if v != nil {
				row[i] = append([]byte{}, v...)
			}
		}
		rows = append(rows, row)
	}
	_, err = reader.Close()
	return rows, err
}

// lines is the answer of a statement whose rows are lines.
func lines(rows [][][]byte) answer {
	a := answer{total: "null", pageTotal: "null", inserted: "null", whole: true}
	for _, row := range rows {
		a.body += string(row[0]) + "\n"
	}
	return a
}

// mainAnswer is the answer that the columns of package pgsql make.
func mainAnswer(rows [][][]byte, form pgsql.Rows) answer {
	text := func(column int) string {
		if rows[0][column] == nil {
			return "null"
		}
		return string(rows[0][column])
	}
	a := answer{
		total: text(pgsql.ColumnTotal), pageTotal: text(pgsql.ColumnPageTotal), inserted: text(pgsql.ColumnInserted),
		headers: string(rows[0][pgsql.ColumnResponseHeaders]), status: string(rows[0][pgsql.ColumnResponseStatus]),
		location: array(rows[0][pgsql.ColumnLocation]), whole: true,
	}
	var bodies []string
	for _, row := range rows {
		if body := row[pgsql.ColumnBody]; body != nil {
			bodies = append(bodies, string(body))
		}
	}
	switch form {
	case pgsql.JSONLines:
		for _, body := range bodies {
			a.body += strings.NewReplacer("\n", " ", "\r", " ").Replace(body) + "\n"
		}
	default:
		a.body = strings.Join(bodies, "\n")
	}
	return a
}

// array are the elements of an array of texts without any special characters.
func array(text []byte) []string {
	if text == nil {
		return nil
	}
	return strings.Split(strings.Trim(string(text), "{}"), ",")
}
