package cache

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// ask is a query with its parameters.
type ask struct {
	name   string
	params [][]byte
	rows   [][][]byte
}

// prefetch sends queries in one flush, and keeps their rows for calls of query with the same parameters. What nobody
// calls for costs time only, so that a caller may guess what it will need. A guess that no call comes for is forgotten
// by the next prefetch.
func (l *loader) prefetch(ctx context.Context, asks ...ask) error {
	l.prefetched = nil
	p := l.conn.StartPipeline(ctx)
	for _, a := range asks {
		p.SendQueryParams(querySQL(a.name), a.params, nil, nil, []int16{pgtype.BinaryFormatCode})
	}
	err := p.Sync()
	for i := 0; err == nil && i < len(asks); i++ {
		if err = asks[i].read(p); err != nil {
			err = &QueryError{Query: asks[i].name, Err: err}
		}
	}
	if closing := p.Close(); err == nil {
		err = closing
	}
	if err == nil {
		l.prefetched = asks
	}
	return err
}

// read reads the rows of the next query of a pipeline.
func (a *ask) read(p *pgconn.Pipeline) error {
	results, err := p.GetResults()
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

// takePrefetched returns the rows of a query that were read before, once.
func (l *loader) takePrefetched(name string, params [][]byte) (rows [][][]byte, found bool) {
	at := slices.IndexFunc(l.prefetched, func(a ask) bool {
		return a.name == name && slices.EqualFunc(a.params, params, sameParam)
	})
	if at < 0 {
		return nil, false
	}
	rows = l.prefetched[at].rows
	l.prefetched = slices.Delete(l.prefetched, at, at+1)
	return rows, true
}

// sameParam reports whether parameters are equal; null is not the empty text.
func sameParam(a, b []byte) bool { return (a == nil) == (b == nil) && string(a) == string(b) }
