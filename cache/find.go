package cache

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// Wanted is a relation or, if Function is set, the functions of a name.
type Wanted struct {
	Name     QualifiedName
	Function bool
}

const (
	// nameInterval is the time between two queries for the same name. Whoever asks meanwhile waits for the next one: what
	// it asks for may have been created since the last one.
	nameInterval = 5 * time.Millisecond
	// findTimeout bounds a query for a name, with the connection that it may take. After one that has failed, there is
	// none for findPause.
	findTimeout = 2 * time.Second
	findPause   = time.Second
	// unlookedTime bounds the wait for a load that may have a name for which there was no query.
	unlookedTime = 100 * time.Millisecond
	// maxWanted bounds the names that are remembered.
	maxWanted = 10_000
	// maxName is more than the length of any name in PostgreSQL, in bytes (PostgreSQL manual, Identifiers and Key Words).
	maxName = 255
)

// Finder looks in the catalog for what a request asks for and the snapshot does not have: it may have been created a
// moment ago, with its notification still to come, or nobody may notify. All methods are safe for concurrent use.
type Finder struct {
	store   *Store
	connect func(context.Context) (*pgx.Conn, error)
	limit   *rate.Limiter
	// queries are those that have not begun, by name, so that all who ask for a name at the same time share one.
	queries singleflight.Group
	// turn is held by the query that runs: there is one connection.
	turn  sync.Mutex
	spare spare

	mu     sync.Mutex
	names  map[Wanted]*looked // at most maxWanted
	paused time.Time          // until when there is no query
}

// looked is what is known of the queries for a name.
type looked struct {
	limit *rate.Limiter // one name has half of all queries at most
	began time.Time     // when the last one did, or is to
	// rows identifies the rows of the catalog that the last one has found. It is "" if there was none.
	rows string
}

// NewFinder returns a finder that has a store load what it finds. It opens a connection when it needs one, and keeps it
// for a while.
func NewFinder(s *Store, connect func(context.Context) (*pgx.Conn, error)) *Finder {
	return &Finder{store: s, connect: connect, limit: rate.NewLimiter(0, 0), names: make(map[Wanted]*looked)}
}

// SetRate sets how many queries may be made in a second. Before, and for 0, none are.
func (f *Finder) SetRate(perSecond int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.limit.Burst() == perSecond { // what is known of names stays
		return
	}
	f.limit.SetLimit(rate.Limit(perSecond))
	f.limit.SetBurst(perSecond)
	clear(f.names)
}

// Find looks for what is wanted, and returns false if it is not there. If it is found, Find waits until it is loaded or
// ctx ends: then the store's snapshot has it, unless it has been dropped since. Where too many names have been looked
// for to look for this one, it waits for the pending load, for a short time.
func (f *Finder) Find(ctx context.Context, w Wanted) bool {
	if !w.possible() {
		return false
	}
	switch f.look(ctx, w) {
	case found:
		f.store.awaitAsked(ctx)
	case notLooked:
		ctx, cancel := context.WithTimeout(ctx, unlookedTime)
		defer cancel()
		f.store.awaitAsked(ctx)
	case absent:
		return false
	}
	return true
}

// outcome is what is known of a name.
type outcome uint8

const (
	notLooked outcome = iota
	absent
	found
)

// possible reports whether there can be something of the name.
func (w Wanted) possible() bool {
	name := w.Name.Name
	return len(name) <= maxName && utf8.ValidString(name) && !strings.Contains(name, "\x00")
}

// Close closes the connection.
func (f *Finder) Close() { f.spare.close() }

// look queries the catalog for a name, or waits for the query for it that others have asked for and that is to begin.
func (f *Finder) look(ctx context.Context, w Wanted) outcome {
	if f.exhausted(w) {
		return notLooked
	}
	key := fmt.Sprintf("%t %q %q", w.Function, w.Name.Schema, w.Name.Name)
	done := f.queries.DoChan(key, func() (any, error) {
		time.Sleep(f.reserve(w))
		f.queries.Forget(key) // a query that has begun may miss what others ask for from now on
		if !f.allow(w) {
			return notLooked, nil
		}
		return f.query(w), nil
	})
	select {
	case result := <-done:
		return result.Val.(outcome) // the function returns nothing else
	case <-ctx.Done():
		return notLooked
	}
}

// exhausted reports whether no query for a name may be made soon.
func (f *Finder) exhausted(w Wanted) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.names[w]
	return f.limit.Tokens() < 1 || last != nil && last.limit.Tokens() < 1
}

// reserve returns how long a query for a name has to wait because of the last one. It counts as begun from then on: the
// one after it is planned as soon as it does.
func (f *Finder) reserve(w Wanted) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.nameLocked(w)
	wait := max(time.Until(last.began.Add(nameInterval)), 0)
	last.began = time.Now().Add(wait)
	return wait
}

// allow reports whether a query for a name may be made now, and counts it if so.
func (f *Finder) allow(w Wanted) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	last := f.nameLocked(w)
	if now.Before(f.paused) || last.limit.TokensAt(now) < 1 || !f.limit.AllowN(now, 1) {
		return false
	}
	return last.limit.AllowN(now, 1)
}

// nameLocked returns what is known of a name.
func (f *Finder) nameLocked(w Wanted) *looked {
	if last := f.names[w]; last != nil {
		return last
	}
	if len(f.names) >= maxWanted {
		clear(f.names)
	}
	most := (f.limit.Burst() + 1) / 2
	f.names[w] = &looked{limit: rate.NewLimiter(rate.Limit(most), most)}
	return f.names[w]
}

func outcomeOf(rows string) outcome {
	if rows == "" {
		return absent
	}
	return found
}

// query looks for a name and has what it finds loaded, unless it has found the same before.
func (f *Finder) query(w Wanted) outcome {
	f.turn.Lock()
	defer f.turn.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), findTimeout)
	defer cancel()
	objects, rows, err := f.read(ctx, w)
	if err != nil {
		f.pause()
		return notLooked
	}
	if f.isNew(w, rows) {
		f.store.Changed(f.found(w, objects))
	}
	return outcomeOf(rows)
}

// found returns the change that what was found is.
func (f *Finder) found(w Wanted, objects []ChangedObject) Change {
	c := Change{Command: "a request", Objects: objects, cause: CauseRequest}
	if !w.Function {
		c.sought = &sought{relation: w.Name}
		return c
	}
	known := f.store.functionsNamed(w.Name)
	fresh := make([]uint32, 0, len(objects))
	for _, o := range objects {
		if !slices.Contains(known, o) {
			fresh = append(fresh, o.Oid)
		}
	}
	if gone := slices.ContainsFunc(known, func(o ChangedObject) bool { return !slices.Contains(objects, o) }); gone {
		c.Objects = append(c.Objects, known...)
	} else if len(fresh) > 0 { // otherwise one that is known was replaced
		c.sought = &sought{functions: fresh}
	}
	return c
}

func (f *Finder) pause() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = time.Now().Add(findPause)
}

// isNew remembers what was found and reports whether it is something, and something else than before.
func (f *Finder) isNew(w Wanted, rows string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := f.nameLocked(w)
	before := last.rows
	last.rows = rows
	return rows != "" && rows != before
}

// read returns the objects that have a name, and what identifies their rows. The connection that was kept may have been
// lost since.
func (f *Finder) read(ctx context.Context, w Wanted) (objects []ChangedObject, rows string, err error) {
	if conn := f.spare.take(); conn != nil {
		objects, rows, err = f.readOn(ctx, conn, w)
		if err == nil || ctx.Err() != nil {
			return objects, rows, err
		}
	}
	conn, err := f.connect(ctx)
	if err != nil {
		return nil, "", &ConnectError{err}
	}
	return f.readOn(ctx, conn, w)
}

// readOn reads on a connection, which it keeps if that succeeds, and closes otherwise.
func (f *Finder) readOn(ctx context.Context, conn *pgx.Conn, w Wanted) ([]ChangedObject, string, error) {
	var objects []ChangedObject
	var rows strings.Builder
	l := newLoader(conn, Options{})
	err := l.run(ctx, []step{{"", func(ctx context.Context) error {
		query := "find_relation"
		if w.Function {
			query = "find_function"
		}
		return l.query(ctx, query, [][]byte{[]byte(w.Name.Schema), []byte(w.Name.Name)}, func(r *row) {
			o := ChangedObject{Class: r.oid(), Oid: r.oid(), Schema: w.Name.Schema}
			objects = append(objects, o)
			fmt.Fprintf(&rows, "%d %s;", o.Oid, r.text())
		})
	}}})
	if err != nil {
		CloseConn(conn)
		return nil, "", err
	}
	f.spare.put(conn)
	return objects, rows.String(), nil
}
