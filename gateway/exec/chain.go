package exec

import (
	"context"
	"time"

	"trunkline/gateway/exec/session"
)

// Chain is the work of several requests in one transaction.
type Chain struct {
	session.Chain
	// Authenticated is that of the jobs.
	Authenticated bool
	// Waited, if it is not nil, is set to how long the chain waited for a connection. RunChain writes to it before it
	// returns.
	Waited *time.Duration
}

// RunChain runs a chain, whose answers are in its links when it returns without an error. The error is an *apierr.Error
// for the client; Failed is the index of the job because of which it was returned.
//
// The end of ctx has the effect that it has in [Pool.Run].
func (p *Pool) RunChain(ctx context.Context, c *Chain) error {
	c.Failed = -1
	asked := time.Now()
	g, err := p.acquire(ctx, applicant{writes: !c.ReadOnly, role: c.Role})
	if c.Waited != nil {
		*c.Waited = time.Since(asked)
	}
	if err != nil {
		return asClientError(err)
	}
	s := g.slot
	s.try.StartChain(&c.Chain, p.optionsFor(s))
	err = p.try(ctx, s, c.Authenticated, func() (session.Outcome, error) {
		stop := s.session.Watch(ctx)
		defer s.session.Unwatch(stop)
		return s.session.Run(&s.try)
	})
	if err == nil {
		return nil
	}
	if ctx.Err() == nil {
		p.observeReported(err)
	}
	return asClientError(err)
}
