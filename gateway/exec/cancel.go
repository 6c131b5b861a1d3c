package exec

import (
	"context"
	"time"
)

// watch has what runs on the connection canceled when ctx ends. It returns what unwatch needs.
func (c *conn) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, c.cancel)
}

// unwatch ends that. If a cancel request was sent, it waits until it has been dealt with, so that the next job is not
// hit by it.
func (c *conn) unwatch(stop func() bool) {
	if stop == nil || stop() {
		return
	}
	<-c.canceled
	c.settle()
}

// requestCancel asks the server to cancel what runs on the connection. Should that not help in time, reading and
// writing fail.
func (c *conn) requestCancel() {
	_ = c.network.SetDeadline(time.Now().Add(patience))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = c.pg.CancelRequest(ctx) // in vain: the deadline ends it
	c.canceled <- struct{}{}
}
