package exec

import (
	"context"
	"time"
)

const (
	// patience bounds what the database has to do at once: cancel a statement, clean a connection.
	patience = 5 * time.Second
	// cancelAgain is how long the first cancel request has to show an effect. It shows none if it comes before the
	// statement.
	cancelAgain = 100 * time.Millisecond
)

// Lifetime is a context that a job can be told of the end of without an allocation. Pools take any other context too.
type Lifetime interface {
	context.Context
	// OnEnd has f called in a goroutine of its own when the context ends, at once if it has. Stop tells whether f was
	// kept from being called. It must be called once, and not later than OnEnd is called again.
	OnEnd(f func()) (stop func() bool)
}

// watch has what runs on the connection canceled when ctx ends. It returns what unwatch needs.
func (c *conn) watch(ctx context.Context) (stop func() bool) { return onEnd(ctx, c.cancel) }

// onEnd has f called when ctx ends. Stop is nil if that never happens.
func onEnd(ctx context.Context, f func()) (stop func() bool) {
	if l, ok := ctx.(Lifetime); ok { // Fast path
		return l.OnEnd(f)
	}
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, f)
}

// unwatch ends that. If a cancel request was sent, it waits until it has been dealt with, so that the next job is not
// hit by it.
func (c *conn) unwatch(stop func() bool) {
	if stop == nil || stop() {
		return
	}
	c.answered <- struct{}{}
	<-c.canceled
	c.settle()
}

// requestCancel asks the server to cancel what runs on the connection, until it has answered. Should it not do so in
// time, reading and writing fail.
func (c *conn) requestCancel() {
	_ = c.network.SetDeadline(time.Now().Add(patience))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := cancelAgain; ; wait *= 2 {
		_ = c.pg.CancelRequest(ctx) // in vain: the deadline ends it
		pause.Reset(wait)
		select {
		case <-c.answered:
			c.canceled <- struct{}{}
			return
		case <-pause.C:
		}
	}
}
