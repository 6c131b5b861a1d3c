package exec

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/exec/session"
)

// Pool runs jobs on a bounded number of connections. It is safe for concurrent use.
//
// It does not use jackc/puddle, because puddle bounds waiting by a context, which costs more than everything else here,
// cannot bound the number of waiters, and makes the job for which a connection is being opened wait for that connection
// even if others become free.
type Pool struct {
	options  Options
	config   *pgconn.Config
	settings atomic.Pointer[settings]
	names    *session.Names
	// epoch is the number of calls of Renew.
	epoch atomic.Uint64
	// switched is set when a pooler was seen to switch server sessions.
	switched atomic.Bool
	// base is the shortest duration of a round trip to the server that does nothing, in nanoseconds.
	base atomic.Int64
	// connections is the number of attempts to open a connection.
	connections atomic.Uint64

	results, spare sync.Pool // of *Result and *waiter
	records        records

	// life ends when the pool is closed; background are the goroutines that end with it.
	life       context.Context
	end        context.CancelFunc
	background sync.WaitGroup

	mu     sync.Mutex
	closed bool
	idle   []*slot // most recently used last
	// open is the number of idle and busy slots, opening of those whose session is being opened.
	open, opening int
	waiters       waiters
	running       running
	// maxTurn is how long a member of a batch waits for its turn.
	maxTurn time.Duration
	// streams are those whose clients are watched; relieving is set while relieve runs.
	streams   map[*stream]struct{}
	relieving bool
}

// NewPool returns a pool without connections, which are opened on demand. The caller must close it.
func NewPool(o Options) (*Pool, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	p := &Pool{options: o, config: o.Connection.Copy(), names: session.NewNames(), running: newRunning(), maxTurn: maxTurn}
	p.waiters.common.flow, p.waiters.flow = newFlow(o.AcquireTimeout), newFlow(o.AcquireTimeout)
	p.life, p.end = context.WithCancel(context.Background())
	p.SetSettings(o.Settings)
	if o.MaxIdleTime > 0 || o.MaxLifetime > 0 {
		p.background.Go(p.retire)
	}
	return p, nil
}

// SetSettings changes the settings for future jobs.
func (p *Pool) SetSettings(s Settings) {
	p.settings.Store(newSettings(s))
	p.switched.Store(false)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters.setLimits(s.MaxPerRole, p.options.Size)
	p.serveSharesLocked()
}

// SetGeneration sets the generation of the schema. Each generation has its own prepared statements.
func (p *Pool) SetGeneration(generation uint64) { p.names.SetGeneration(generation) }

// Renew replaces all connections, those in use when they are returned, because the settings with which PostgreSQL
// starts sessions have changed.
func (p *Pool) Renew() {
	p.epoch.Add(1)
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.open -= len(idle)
	p.mu.Unlock()
	p.closeAll(idle)
}

// Stats returns the pool's figures.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{
		Size: p.options.Size, Idle: len(p.idle), Busy: p.open - len(p.idle), Opening: p.opening,
		Waiting: p.waiters.count, Shared: p.running.shared,
	}
}

// Close closes the idle connections and refuses all jobs that wait or come later. Connections in use are closed when
// they are released; jobs and streams should have ended before.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.open -= len(idle)
	for w := p.waiters.popAny(); w != nil; w = p.waiters.popAny() {
		w.ready <- grant{err: errClosed}
	}
	for _, s := range p.running.slots {
		p.detachAllLocked(s)
	}
	p.mu.Unlock()
	p.end()
	p.closeAll(idle)
	p.background.Wait()
}

func (p *Pool) closeAll(slots []*slot) {
	for _, s := range slots {
		p.close(s, Released)
	}
}

const (
	// maxConnectTime bounds the time to open a connection if AcquireTimeout is not set.
	maxConnectTime = 30 * time.Second
	// extraConnectTime is how much longer than AcquireTimeout opening a connection may take, because another job may
	// use it.
	extraConnectTime = 5 * time.Second
)

// connect opens a connection.
func (p *Pool) connect(ctx context.Context) (*slot, error) {
	limit := p.options.AcquireTimeout + extraConnectTime
	if p.options.AcquireTimeout <= 0 {
		limit = maxConnectTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	epoch := p.epoch.Load() // before the server applies settings
	number := p.connections.Add(1)
	if p.traced() {
		p.options.Observe(Observation{Kind: Opening, Connection: number})
	}
	s, err := p.openSession(ctx)
	if err != nil {
		p.observe(Failed, err)
		p.traceEnd(number, Unopened)
		return nil, err
	}
	fresh := p.newSlot(s, number, epoch)
	p.trace(Opened, fresh)
	return fresh, nil
}

// openSession opens a session and measures the round trip to the server.
func (p *Pool) openSession(ctx context.Context) (*session.Session, error) {
	s, err := session.Open(ctx, p.config, p.names)
	if err != nil {
		return nil, err
	}
	base, err := s.Base()
	if err != nil {
		s.Close()
		return nil, err
	}
	p.noteBase(base)
	return s, nil
}

// noteBase keeps the shortest duration of a round trip to the server.
func (p *Pool) noteBase(took time.Duration) {
	for {
		base := p.base.Load()
		if base != 0 && base <= int64(took) || p.base.CompareAndSwap(base, int64(took)) {
			return
		}
	}
}

// replace opens another connection for a slot whose connection is broken. If that fails, the slot is gone.
func (p *Pool) replace(ctx context.Context, s *slot) error {
	p.close(s, Broken)
	p.mu.Lock()
	p.running.endLocked(s, time.Now())
	p.mu.Unlock()
	fresh, err := p.connect(ctx)
	if err == nil {
		s.replace(fresh)
		p.trace(Used, s)
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.unholdAllLocked(s)
	p.openForWaitersLocked()
	p.serveSharesLocked()
	return err
}

// expiry returns when a new connection expires: up to a tenth earlier than lifetime.
func expiry(lifetime time.Duration) time.Time {
	if lifetime <= 0 {
		return time.Time{}
	}
	return time.Now().Add(lifetime - rand.N(lifetime/10+1))
}

// retire periodically closes connections that have been idle or open for too long.
func (p *Pool) retire() {
	ticker := time.NewTicker(retireInterval(p.options.MaxIdleTime, p.options.MaxLifetime))
	defer ticker.Stop()
	for {
		select {
		case <-p.life.Done():
			return
		case <-ticker.C:
			now := time.Now()
			for _, s := range p.takeRetired(now) {
				why := Idle
				if !s.keep(now, p.epoch.Load()) {
					why = s.ending(now)
				}
				p.close(s, why)
			}
		}
	}
}

// retireInterval returns the interval of retire: a second, or less if the limits are that short.
func retireInterval(limits ...time.Duration) time.Duration {
	interval := time.Second
	for _, limit := range limits {
		if limit > 0 {
			interval = min(interval, max(limit/2, time.Millisecond))
		}
	}
	return interval
}

// takeRetired removes the idle slots whose connections are to be closed.
func (p *Pool) takeRetired(now time.Time) (retired []*slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[:0]
	for _, s := range p.idle {
		idle := p.options.MaxIdleTime > 0 && now.Sub(s.idleSince) >= p.options.MaxIdleTime
		if idle || !s.keep(now, p.epoch.Load()) {
			retired = append(retired, s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	p.open -= len(retired)
	return retired
}

func (p *Pool) observe(kind ObservationKind, err error) {
	if p.options.Observe != nil {
		p.options.Observe(Observation{Kind: kind, Err: err})
	}
}

// observeReported reports the error of PostgreSQL that a job failed because of, if it was one.
func (p *Pool) observeReported(err error) {
	var reported *pgconn.PgError
	if p.options.Observe != nil && errors.As(err, &reported) {
		p.options.Observe(Observation{Kind: Reported, Code: reported.Code})
	}
}

// observeLimited reports that a job got no connection because of its role's limit.
func (p *Pool) observeLimited(role string) {
	if p.options.Observe != nil {
		p.options.Observe(Observation{Kind: Limited, Role: strings.Clone(role)})
	}
}
