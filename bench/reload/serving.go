package reload

import (
	"cmp"
	"context"
	"sync"
	"time"

	"trunkline/bench/load"
	"trunkline/bench/stack"
)

// serving is what clients of half the server's capacity saw without and with changes of the schema.
type serving struct {
	relations int
	// capacity is the number of requests a second of a closed loop, offered what was offered then.
	capacity, offered float64
	rounds            []round
	// changes is the number of changes that were made; late are the times until what was created was served, in the
	// order in which it was, refused is the number of other answers before, and firstRefusal the first.
	changes      int
	late         []time.Duration
	refused      int
	firstRefusal string
}

// round is a measurement without changes and one with them.
type round struct{ still, changing seen }

// seen is what the clients saw.
type seen struct {
	// unsent requests are those that were due and that the machine could not send.
	requests, unsent, failed int64
	p50, p99                 time.Duration
	firstFailure             string
}

// capacityTime is how long the capacity is measured.
const capacityTime = 5 * time.Second

func (b *bench) measureServing(ctx context.Context) error {
	return b.serve(ctx, func(server *stack.Server) error {
		p := newProbe(server)
		defer p.close()
		if _, err := p.awaitQuiet(ctx, b.Calm); err != nil {
			return err
		}
		b.Progress("capacity")
		b.offer(ctx, server, 0, time.Second) // warms up
		most := b.offer(ctx, server, 0, capacityTime)
		s := &serving{relations: b.Serving, capacity: most.Rate(), offered: most.Rate() / 2}
		b.report.serving = s
		for i := range b.Rounds {
			b.Progress("round %d of %d", i+1, b.Rounds)
			still := b.offer(ctx, server, s.offered, b.Duration)
			changing, err := b.offerChanging(ctx, p)
			if err != nil {
				return err
			}
			s.rounds = append(s.rounds, round{saw(still), saw(changing)})
		}
		return ctx.Err()
	})
}

// offer sends the load: at a rate, or as fast as possible for a rate of 0.
func (b *bench) offer(ctx context.Context, server *stack.Server, rate float64, d time.Duration) *load.Result {
	return load.Run(ctx, load.Options{
		Addr: server.Addr, Requests: b.Requests, Duration: d, Clients: b.Clients,
		Rate: rate, Outstanding: load.DefaultOutstanding,
	})
}

// offerChanging sends the load while the schema is changed.
func (b *bench) offerChanging(ctx context.Context, p *probe) (*load.Result, error) {
	ctx, stop := context.WithCancel(ctx)
	changes := make(chan error, 1)
	go func() { changes <- b.change(ctx, p) }()
	r := b.offer(ctx, p.server, b.report.serving.offered, b.Duration)
	stop()
	return r, <-changes
}

// change changes the schema at the configured rate until ctx ends, and waits for what it created to be served.
func (b *bench) change(ctx context.Context, p *probe) (err error) {
	c := &changer{bench: b, probe: p}
	defer c.waiting.Wait()
	ticker := time.NewTicker(time.Second / time.Duration(b.Rate))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			c.waiting.Wait()
			return c.err
		case <-ticker.C:
			if err := c.one(context.WithoutCancel(ctx)); err != nil {
				return err
			}
		}
	}
}

// changer makes changes and waits for them in the background.
type changer struct {
	*bench
	probe   *probe
	waiting sync.WaitGroup
	mu      sync.Mutex
	err     error
}

func (c *changer) one(ctx context.Context) error {
	s := c.report.serving
	made := c.schema.next(s.changes)
	if err := c.schema.apply(ctx, made); err != nil {
		return err
	}
	s.changes++
	since := time.Now()
	if made.request.path == "" {
		return nil
	}
	c.waiting.Go(func() {
		served, err := c.probe.await(ctx, made.request, since)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.err = err
			return
		}
		s.late = append(s.late, served.after)
		s.refused += served.refused
		s.firstRefusal = cmp.Or(s.firstRefusal, served.firstRefusal)
	})
	return nil
}

func saw(r *load.Result) seen {
	return seen{
		requests: r.Requests, unsent: r.Unsent, failed: r.Failed,
		p50: r.Percentile(50), p99: r.Percentile(99), firstFailure: r.FirstFailure,
	}
}
