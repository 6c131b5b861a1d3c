package cache

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// AuditOptions configure an audit.
type AuditOptions struct {
	// Connect opens a connection for one look at the catalogs, which the audit closes.
	Connect func(context.Context) (*pgx.Conn, error)
	// Interval returns the time between two looks, 0 if there are to be none for now.
	Interval func() time.Duration
	// Announced returns how many changes of the schema were announced until now, and whether every change is.
	Announced func() (count uint64, all bool)
	// Found is told what each look found.
	Found func(Audited)
}

// Audited is what a look at the catalogs found.
type Audited struct {
	// Differs are the catalogs that have changed without that having been announced, sorted; roles and settings stand for
	// what belongs to all databases.
	Differs []string
	Elapsed time.Duration
	Err     error // why nothing was found out
}

// Roles reports whether nothing differs but roles and who is a member of them.
func (a Audited) Roles() bool { return len(a.Differs) == 1 && a.Differs[0] == AuditedRoles }

// What belongs to all databases, as [Audited.Differs] calls it.
const (
	AuditedRoles    = "roles"
	AuditedSettings = "settings"
)

const (
	// auditPause is how often a changed interval is looked at.
	auditPause = time.Second
	// auditTimeout bounds a look.
	auditTimeout = 2 * time.Minute
)

// Audit looks at intervals for changes of the schema that were not announced: those that event triggers do not see, and
// all where there are none. A catalog is read only if the server has counted writes to it, or does not count them.
type Audit struct {
	o    AuditOptions
	last *auditLook // nil before the first
}

// auditLook is what was seen of the catalogs at one moment. It is never changed.
type auditLook struct {
	shared  map[string]string // what belongs to all databases
	written map[string]string // how often each catalog was written
	content map[string]string // what catalogs hold, of those of which that is known
	// before and after are how many changes had been announced before and after the look, all is whether every change is.
	before, after uint64
	all           bool
}

// NewAudit returns an audit. Nothing happens before Run.
func NewAudit(o AuditOptions) *Audit { return &Audit{o: o} }

// Run looks until ctx ends, which is not an error. The first look, at once, is what the next is compared with.
func (a *Audit) Run(ctx context.Context) error {
	for due := time.Now(); ; {
		if interval := a.o.Interval(); interval > 0 && !time.Now().Before(due) {
			if found := a.look(ctx); ctx.Err() == nil {
				a.o.Found(found)
			}
			due = time.Now().Add(interval - rand.N(interval/10+1)) // so that many do not look at once
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(auditPause):
		}
	}
}

// look compares the catalogs with what they were at the last look.
func (a *Audit) look(ctx context.Context) Audited {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	next, err := a.take(ctx)
	if err != nil {
		return Audited{Err: err, Elapsed: time.Since(began)}
	}
	var differs []string
	if a.last != nil {
		differs = a.last.differences(next)
	}
	a.last = next
	return Audited{Differs: differs, Elapsed: time.Since(began)}
}

// take looks at the catalogs. Of those that were written since the last look it reads what they hold.
func (a *Audit) take(ctx context.Context) (*auditLook, error) {
	conn, err := a.o.Connect(ctx)
	if err != nil {
		return nil, &ConnectError{err}
	}
	defer CloseConn(conn)
	l := newLoader(conn, Options{})
	if err := l.exec(ctx, beginAudit); err != nil {
		return nil, err
	}
	next := &auditLook{
		shared: make(map[string]string), written: make(map[string]string), content: make(map[string]string),
	}
	next.before, _ = a.o.Announced()
	err = l.query(ctx, "audit_shared", nil, func(r *row) {
		next.shared[AuditedRoles], next.shared[AuditedSettings] = r.text(), r.text()
	})
	if err != nil {
		return nil, err
	}
	if err := l.query(ctx, "audit_gate", nil, func(r *row) { next.written[r.text()] = r.text() }); err != nil {
		return nil, err
	}
	if err := a.readContent(ctx, l, next); err != nil {
		return nil, err
	}
	next.after, next.all = a.o.Announced()
	return next, l.exec(ctx, "commit")
}

// beginAudit starts the transaction of a look, which must not be in the way of anybody. Through a pooler the session is
// others' afterwards, so that it gets no settings.
const beginAudit = `begin isolation level read committed read only;
set local search_path = pg_catalog, pg_temp;
set local jit = off;
set local statement_timeout = '2min';
set local max_parallel_workers_per_gather = 0`

// readContent reads what those catalogs hold that were written since the last look. The first look reads none.
func (a *Audit) readContent(ctx context.Context, l *loader, next *auditLook) error {
	if a.last == nil {
		return nil
	}
	var written []string
	for catalog, count := range next.written {
		if content, known := a.last.content[catalog]; count == a.last.written[catalog] && known {
			next.content[catalog] = content
		} else if count != a.last.written[catalog] {
			written = append(written, catalog)
		}
	}
	if len(written) == 0 {
		return nil
	}
	params := [][]byte{l.array(pgtype.TextArrayOID, written)}
	return l.query(ctx, "audit_content", params, func(r *row) {
		if catalog := r.text(); slices.Contains(written, catalog) {
			next.content[catalog] = r.text()
		}
	})
}

// differences returns what has changed between two looks without having been announced. What a catalog that was written
// held before may not be known; then it counts as changed. While all changes are announced, catalogs that differ after
// announcements differ because of these.
func (last *auditLook) differences(next *auditLook) []string {
	var differs []string
	for what, state := range next.shared {
		if state != last.shared[what] {
			differs = append(differs, what)
		}
	}
	if announced := last.all && next.all && last.before != next.after; !announced {
		for catalog, content := range next.content {
			if before, known := last.content[catalog]; !known || content != before {
				differs = append(differs, catalog)
			}
		}
	}
	slices.Sort(differs)
	return differs
}
