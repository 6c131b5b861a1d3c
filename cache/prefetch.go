package cache

import (
	"context"
	"slices"
)

// prefetch sends queries in one flush, and keeps their rows for calls of query with the same parameters. What nobody
// calls for costs time only, so that a caller may guess what it will need. A guess that no call comes for is forgotten
// by the next prefetch.
func (l *loader) prefetch(ctx context.Context, asks ...ask) error {
	l.prefetched = nil
	if err := l.flush(ctx, asks); err != nil {
		return err
	}
	l.prefetched = asks
	return nil
}

// flush sends queries in one flush and reads their rows.
func (l *loader) flush(ctx context.Context, asks []ask) error {
	p := l.conn.StartPipeline(ctx)
	for i := range asks {
		asks[i].send(p, l.prepared)
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
	return err
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
