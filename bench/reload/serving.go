package reload

import (
	"cmp"
	"context"
	"sync"
	"time"

	"trunkline/bench/load"
	"trunkline/bench/stack"
)

// Serving is what clients of half the server's capacity saw without and with changes of the schema.
type Serving struct {
	Relations int
	// Capacity is the number of requests a second of a closed loop, Offered what was offered then.
	Capacity, Offered float64
	Rounds            []Round
	// Changes is the number of changes that were made; Late are the times until what was created was served, in the
	// order in which it was, Refused is the number of other answers before, and FirstRefusal the first.
	Changes      int
	Late         []time.Duration
	Refused      int
	FirstRefusal string
}

// Round is a measurement without changes and one with them.
type Round struct{ Still, Changing Seen }

// Seen is what the clients saw.
type Seen struct {
	// Unsent requests are those that were due and that the machine could not send.
	Requests, Unsent, Failed int64
	P50, P99                 time.Duration
	FirstFailure             string
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
		s := &Serving{Relations: b.Serving, Capacity: most.Rate(), Offered: most.Rate() / 2}
		b.report.Serving = s
		for i := range b.Rounds {
			b.Progress("round %d of %d", i+1, b.Rounds)
			still := b.offer(ctx, server, s.Offered, b.Duration)
			changing, err := b.offerChanging(ctx, p)
			if err != nil {
				return err
			}
			s.Rounds = append(s.Rounds, Round{seen(still), seen(changing)})
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
	r := b.offer(ctx, p.server, b.report.Serving.Offered, b.Duration)
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
	s := c.report.Serving
	made := c.schema.next(s.Changes)
	if err := c.schema.apply(ctx, made); err != nil {
		return err
	}
	s.Changes++
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
		s.Late = append(s.Late, served.After)
		s.Refused += served.Refused
		s.FirstRefusal = cmp.Or(s.FirstRefusal, served.FirstRefusal)
	})
	return nil
}

func seen(r *load.Result) Seen {
	return Seen{
		Requests: r.Requests, Unsent: r.Unsent, Failed: r.Failed,
		P50: r.Percentile(50), P99: r.Percentile(99), FirstFailure: r.FirstFailure,
	}
}
