package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// proofInterval is how often it is proven that changes of the schema are announced. That also tries a connection
	// that is silent, so that one that died unnoticed is replaced.
	proofInterval = 2 * time.Second
	// proofLife is how many intervals a proof counts.
	proofLife = 3
	// proofTimeout bounds the time of a proof, and with it how long a dead connection goes unnoticed.
	proofTimeout = 10 * time.Second
)

// Triggers says what a proof found of the event triggers that announce changes.
type Triggers uint8

// What may be found.
const (
	// Absent: there are none.
	Absent Triggers = iota
	// Altered: one is missing, not enabled as it was, or not of this version, or somebody who is no superuser could
	// change it.
	Altered
	// Elsewhere: they notify on another channel.
	Elsewhere
	// Outdated: they are as an older version installed them, which tells every change too, but less of it.
	Outdated
	// Intact: they are as they were installed.
	Intact
)

// tellAll reports whether every change is announced.
func (t Triggers) tellAll() bool { return t == Intact || t == Outdated }

// watch is what is known of the announcing of changes. It is never changed.
type watch struct {
	// since is the moment after which a load must begin to find all that may have been missed.
	since time.Time
	// until is when the last proof has become too old.
	until time.Time
}

// watcher keeps the listener's watch during one session.
type watcher struct {
	l        *Listener
	conn     *pgx.Conn
	listen   string // the statement
	private  string // the listener's own channel, quoted
	triggers Triggers
	version  string // of the triggers, see proof
	since    time.Time
}

// proof is what proofQuery answers.
type proof struct {
	triggers bool   // whether there are any
	channel  string // "" if they are not as they were installed
	// version differs from that of another proof if anything was changed between the two.
	version string
	older   bool // they are of an older version
}

// Watched reports whether, as of now, every change of the schema is known to be announced to this listener. Changes
// from before since may have been missed: they can be seen by a load that began later.
func (l *Listener) Watched(now time.Time) (since time.Time, ok bool) {
	w := l.watch.Load()
	if w == nil || !now.Before(w.until) {
		return time.Time{}, false
	}
	return w.since, true
}

// prove renews the watch, or ends it. It reports whether the schema has to be loaded because changes may not have been
// announced before. An error is one of the connection.
func (w *watcher) prove(ctx context.Context) (reload bool, err error) {
	asked := time.Now()
	found, err := w.roundTrip(ctx)
	if err != nil {
		return false, fmt.Errorf("trying the connection: %w", err)
	}
	if found == nil { // The last proof counts as long as it does, and the next one is compared with it.
		return false, nil
	}
	triggers := found.judge(w.l.o.Channel)
	if triggers.tellAll() && (!w.triggers.tellAll() || w.version != found.version) {
		w.since, reload = time.Now(), true
	}
	if triggers.tellAll() {
		w.l.watch.Store(&watch{since: w.since, until: asked.Add(proofLife * w.l.interval)})
	} else {
		w.l.watch.Store(nil)
	}
	if triggers != w.triggers {
		w.l.o.Observe(Observation{Kind: Proven, Channel: w.l.o.Channel, Triggers: triggers})
	}
	w.triggers, w.version = triggers, found.version
	return reload, nil
}

// judge says what a proof has found, for those who listen on a channel.
func (found *proof) judge(channel string) Triggers {
	switch {
	case !found.triggers:
		return Absent
	case found.channel == "":
		return Altered
	case found.channel != channel:
		return Elsewhere
	case found.older:
		return Outdated
	default:
		return Intact
	}
}

// roundTrip runs the proof and, behind it, LISTEN: the last statement is what pg_stat_activity shows of the connection.
// It returns nil if PostgreSQL has refused the proof alone. An error is one of the connection.
func (w *watcher) roundTrip(ctx context.Context) (*proof, error) {
	ctx, cancel := context.WithTimeout(ctx, proofTimeout)
	defer cancel()
	p := w.conn.PgConn().StartPipeline(ctx)
	p.SendQueryParams(w.l.proof, nil, nil, nil, nil)
	p.SendPipelineSync()
	p.SendQueryParams(w.listen, nil, nil, nil, nil)
	err := p.Sync()
	var found *proof
	if err == nil {
		found, err = readProof(p)
	}
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) && !w.conn.IsClosed() {
		err = nil
	}
	for more := err == nil; more; { // the end of the proof, LISTEN and its end
		var result any
		result, err = p.GetResults()
		more = err == nil && result != nil
	}
	if closed := p.Close(); err == nil && refusal == nil {
		err = closed
	}
	return found, err
}

// readProof reads the proof's only row.
func readProof(p *pgconn.Pipeline) (*proof, error) {
	result, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	rows, ok := result.(*pgconn.ResultReader)
	if !ok || !rows.NextRow() || len(rows.Values()) != 4 {
		return nil, errNoProof
	}
	values := rows.Values()
	found := proof{
		triggers: string(values[0]) != "0", channel: string(values[1]), version: string(values[2]),
		older: string(values[3]) == "t",
	}
	if _, err := rows.Close(); err != nil {
		return nil, err
	}
	return &found, nil
}

// errNoProof says that the proof is no query as it should be.
var errNoProof = errors.New("BUG: the proof answers no row of four columns")
