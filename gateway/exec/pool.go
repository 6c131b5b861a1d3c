package exec

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Pool runs jobs on a bounded number of connections. It is safe for concurrent use.
//
// It is not made of jackc/puddle, because that has its callers bound their waiting by a context, which costs more
// than all else here, cannot bound the number of those who wait, and lets who has caused a connection to be opened
// wait for that one, though others have become free.
type Pool struct {
	options    Options
	config     *pgconn.Config
	settings   atomic.Pointer[Settings]
	generation atomic.Uint64

	results, spare sync.Pool // of *Result and *waiter
	records        records

	// life ends when the pool is closed; background are the goroutines that end with it.
	life       context.Context
	end        context.CancelFunc
	background sync.WaitGroup

	mu     sync.Mutex
	closed bool
	idle   []*conn // most recently used last
	// open counts the idle and the busy connections, opening those that are being opened.
	open, opening int
	waiters       waiters
	flights       flights
	// streams are those whose clients are watched, relieving tells that it is done.
	streams   map[*stream]struct{}
	relieving bool
}

// NewPool returns a pool without connections: they are opened when they are needed. It must be closed.
func NewPool(o Options) (*Pool, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	p := &Pool{options: o, config: o.Connection.Copy(), flights: newFlights()}
	p.life, p.end = context.WithCancel(context.Background())
	p.SetSettings(o.Settings)
	if o.MaxIdleTime > 0 || o.MaxLifetime > 0 {
		p.background.Go(p.retire)
	}
	return p, nil
}

// SetSettings changes the settings for jobs that begin from now on.
func (p *Pool) SetSettings(s Settings) { p.settings.Store(&s) }

// SetGeneration tells the generation of the schema snapshot. If it has changed, each connection prepares its
// statements again when it next needs them.
func (p *Pool) SetGeneration(generation uint64) { p.generation.Store(generation) }

// Stats returns the pool's figures.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{
		Size: p.options.Size, Idle: len(p.idle), Busy: p.open - len(p.idle), Opening: p.opening,
		Waiting: p.waiters.count,
	}
}

// Close closes the idle connections and refuses all jobs that wait or come later. Connections in use are closed when
// they are released: jobs and streams should have ended before.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.open -= len(idle)
	for w := p.waiters.pop(); w != nil; w = p.waiters.pop() {
		w.ready <- grant{err: connectError(errClosed)}
	}
	for _, c := range p.flights.conns {
		c.evict()
	}
	p.mu.Unlock()
	p.end()
	p.closeAll(idle)
	p.background.Wait()
}

func (p *Pool) closeAll(conns []*conn) {
	for _, c := range conns {
		c.close()
		p.observe(Observation{Kind: Closed})
	}
}

// maxConnectTime bounds the opening of a connection where waiting is not bounded.
const maxConnectTime = 30 * time.Second

// connect opens a connection. It has more time than whoever waits for it: somebody else may use it.
func (p *Pool) connect(ctx context.Context) (*conn, error) {
	limit := p.options.AcquireTimeout + patience
	if p.options.AcquireTimeout <= 0 {
		limit = maxConnectTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	c, err := p.dial(ctx)
	if err != nil {
		err = connectError(err)
		p.observe(Observation{Kind: Failed, Err: err, Duration: time.Since(began)})
		return nil, err
	}
	c.generation = p.generation.Load()
	c.expires = expiry(p.options.MaxLifetime)
	p.observe(Observation{Kind: Opened, Duration: time.Since(began)})
	return c, nil
}

// replace opens a connection in the place of one that is broken.
func (p *Pool) replace(ctx context.Context, c *conn) (*conn, error) {
	c.close()
	p.mu.Lock()
	p.flights.arrive(c, time.Now())
	p.mu.Unlock()
	fresh, err := p.connect(ctx)
	if err != nil {
		p.mu.Lock()
		p.open--
		p.openForWaiters()
		p.mu.Unlock()
	}
	return fresh, err
}

// expiry returns when a connection that is opened now is to be closed: up to a tenth earlier than it may.
func expiry(lifetime time.Duration) time.Time {
	if lifetime <= 0 {
		return time.Time{}
	}
	return time.Now().Add(lifetime - rand.N(lifetime/10+1))
}

// retire closes idle connections that have been idle or open long enough.
func (p *Pool) retire() {
	ticker := time.NewTicker(retireInterval(p.options.MaxIdleTime, p.options.MaxLifetime))
	defer ticker.Stop()
	for {
		select {
		case <-p.life.Done():
			return
		case <-ticker.C:
			p.closeAll(p.takeRetired(time.Now()))
		}
	}
}

// retireInterval is how often there is something to do: every second, or more often where times are that short.
func retireInterval(limits ...time.Duration) time.Duration {
	interval := time.Second
	for _, limit := range limits {
		if limit > 0 {
			interval = min(interval, max(limit/2, time.Millisecond))
		}
	}
	return interval
}

// takeRetired takes out the idle connections that are to be closed.
func (p *Pool) takeRetired(now time.Time) (retired []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[:0]
	for _, c := range p.idle {
		idle := p.options.MaxIdleTime > 0 && now.Sub(c.idleSince) >= p.options.MaxIdleTime
		if idle || !c.expires.IsZero() && now.After(c.expires) {
			retired = append(retired, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	p.open -= len(retired)
	return retired
}

func (p *Pool) observe(o Observation) {
	if p.options.Observe != nil {
		p.options.Observe(o)
	}
}
