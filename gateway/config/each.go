package config

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// statement is SQL that returns one text, with its parameters.
type statement struct {
	sql    string
	params [][]byte
}

func newStatement(sql string, params ...string) statement {
	s := statement{sql: sql}
	for _, p := range params {
		s.params = append(s.params, []byte(p))
	}
	return s
}

// runEach runs statements in one round trip, each in its own transaction. A statement that PostgreSQL refuses is not an
// error and does not affect the others. It returns the result of each, or why it was refused.
func runEach(ctx context.Context, conn *pgx.Conn, statements []statement) ([]trial, error) {
	p := conn.PgConn().StartPipeline(ctx)
	for i := range statements {
		p.SendQueryParams(statements[i].sql, statements[i].params, nil, nil, nil)
		p.SendPipelineSync()
	}
	trials := make([]trial, len(statements))
	err := p.Flush()
	for i := 0; err == nil && i < len(trials); i++ {
		trials[i], err = readTrial(p)
	}
	var refusal *pgconn.PgError
	if closed := p.Close(); err == nil && closed != nil && !errors.As(closed, &refusal) {
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("running statements in a pipeline: %w", err)
	}
	return trials, nil
}

// readTrial reads the result of a statement and the end of its transaction.
func readTrial(p *pgconn.Pipeline) (t trial, err error) {
	for {
		result, err := p.GetResults()
		var refused *pgconn.PgError
		switch {
		case errors.As(err, &refused):
			t.refused = refused
			continue
		case err != nil:
			return t, err
		}
		rows, ok := result.(*pgconn.ResultReader)
		if !ok {
			return t, nil // the end of the transaction
		}
		for rows.NextRow() {
			t.value = string(rows.Values()[0])
		}
		if _, err := rows.Close(); errors.As(err, &refused) {
			t.refused = refused
		} else if err != nil {
			return t, err
		}
	}
}
