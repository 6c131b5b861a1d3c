package reload

import (
	"cmp"
	"context"
	"errors"
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

// round is a measurement without changes, one while another database of the cluster is changed, which shows what the
// changes cost by themselves, and one with changes.
type round struct{ still, elsewhere, changing seen }

// seen is what the clients saw.
type seen struct {
	// unsent requests are those that were due and that the machine could not send.
	requests, unsent, failed int64
	p50, p99                 time.Duration
	firstFailure             string
}

// capacityTime is how long the capacity is measured, if a round does not take less.
const capacityTime = 5 * time.Second

func (b *bench) measureServing(ctx context.Context) error {
	return b.serve(ctx, func(server *stack.Server) error {
		p := newProbe(server)
		defer p.close()
		if _, err := p.awaitQuiet(ctx, b.Calm); err != nil {
			return err
		}
		b.Progress("capacity")
		b.offer(ctx, server, 0, min(time.Second, b.Duration)) // warms up
		most := b.offer(ctx, server, 0, min(capacityTime, b.Duration))
		s := &serving{relations: b.Serving, capacity: most.Rate(), offered: most.Rate() / 2}
		b.report.serving = s
		elsewhere, err := openElsewhere(ctx, b.Database, b.schema)
		if err != nil {
			return err
		}
		defer elsewhere.close()
		for i := range b.Rounds {
			b.Progress("round %d of %d", i+1, b.Rounds)
			if err := b.measureRound(ctx, p, elsewhere); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

func (b *bench) measureRound(ctx context.Context, p *probe, elsewhere *schema) error {
	s := b.report.serving
	still := b.offer(ctx, p.server, s.offered, b.Duration)
	other, err := b.offerChanging(ctx, p.server, (&changer{schema: elsewhere}).one)
	if err != nil {
		return err
	}
	c := &changer{schema: b.schema, probe: p, serving: s}
	changing, err := b.offerChanging(ctx, p.server, c.one)
	c.waiting.Wait()
	s.rounds = append(s.rounds, round{saw(still), saw(other), saw(changing)})
	return errors.Join(err, c.err)
}

// offer sends the load: at a rate, or as fast as possible for a rate of 0.
func (b *bench) offer(ctx context.Context, server *stack.Server, rate float64, d time.Duration) *load.Result {
	return load.Run(ctx, load.Options{
		Addr: server.Addr, Requests: b.Requests, Duration: d, Clients: b.Clients,
		Rate: rate, Outstanding: load.DefaultOutstanding,
	})
}

// offerChanging sends the load while change is called at the configured rate.
func (b *bench) offerChanging(ctx context.Context, server *stack.Server, change func(context.Context) error) (*load.Result, error) {
	ctx, stop := context.WithCancel(ctx)
	changes := make(chan error, 1)
	go func() { changes <- b.repeat(ctx, change) }()
	r := b.offer(ctx, server, b.report.serving.offered, b.Duration)
	stop()
	return r, <-changes
}

// repeat calls change at the configured rate until ctx ends.
func (b *bench) repeat(ctx context.Context, change func(context.Context) error) error {
	ticker := time.NewTicker(time.Second / time.Duration(b.Rate))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := change(context.WithoutCancel(ctx)); err != nil {
				return err
			}
		}
	}
}

// changer makes changes of a schema. If it is served, it waits for them in the background.
type changer struct {
	schema  *schema
	probe   *probe   // nil if the schema is not served
	serving *serving // what was seen is added to it
	waiting sync.WaitGroup
	mu      sync.Mutex
	err     error
}

func (c *changer) one(ctx context.Context) error {
	made := c.schema.nextChange()
	if err := c.schema.apply(ctx, made); err != nil {
		return err
	}
	since := time.Now()
	if c.probe == nil {
		return nil
	}
	c.serving.changes++
	if made.request.path != "" {
		c.waiting.Go(func() { c.await(ctx, made.request, since) })
	}
	return nil
}

func (c *changer) await(ctx context.Context, r request, since time.Time) {
	served, err := c.probe.await(ctx, r, since)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.err = err
		return
	}
	s := c.serving
	s.late = append(s.late, served.after)
	s.refused += served.refused
	s.firstRefusal = cmp.Or(s.firstRefusal, served.firstRefusal)
}

func saw(r *load.Result) seen {
	return seen{
		requests: r.Requests, unsent: r.Unsent, failed: r.Failed,
		p50: r.Percentile(50), p99: r.Percentile(99), firstFailure: r.FirstFailure,
	}
}
