package session

import (
	"context"
	"time"
)

// cancelAgain is how long to wait before a cancel request is repeated. A request that arrives before the statement has
// no effect.
const cancelAgain = 100 * time.Millisecond

// Lifetime is a context that can report its end without an allocation. Sessions also accept other contexts.
type Lifetime interface {
	context.Context
	// OnEnd calls f in its own goroutine when the context ends, or at once if it has ended. stop reports whether it
	// prevented the call of f. stop must be called once, before OnEnd is called again.
	OnEnd(f func()) (stop func() bool)
}

// OnEnd calls f in its own goroutine when ctx ends. stop is nil if ctx never ends.
func OnEnd(ctx context.Context, f func()) (stop func() bool) {
	if l, ok := ctx.(Lifetime); ok { // Fast path
		return l.OnEnd(f)
	}
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, f)
}

// canceling synchronizes a cancel request with the goroutine that reads the answer.
type canceling struct {
	request func()
	// answered receives a value when the request need not continue, ended when it has ended.
	answered, ended chan struct{}
}

func (c *canceling) init(request func()) {
	c.request = request
	c.answered, c.ended = make(chan struct{}, 1), make(chan struct{}, 1)
}

// Watch cancels what runs on the session when ctx ends. It returns the argument for Unwatch.
func (s *Session) Watch(ctx context.Context) (stop func() bool) { return OnEnd(ctx, s.cancel.request) }

// Unwatch stops watching. If a cancel request was sent, it waits until the server has handled it, so that the request
// cannot hit the next job.
func (s *Session) Unwatch(stop func() bool) {
	if s.AwaitCancel(stop) {
		_ = s.settle()
	}
}

// AwaitCancel waits until no cancel request is being sent, and reports whether one was sent. The server may not have
// received it yet.
func (s *Session) AwaitCancel(stop func() bool) (requested bool) {
	if stop == nil || stop() {
		return false
	}
	s.cancel.answered <- struct{}{}
	<-s.cancel.ended
	return true
}

// RequestCancel asks the server to cancel what runs on the session, and repeats that until AwaitCancel is called. If
// the server does not react in time, reading and writing fail.
func (s *Session) RequestCancel() {
	_ = s.network.SetDeadline(time.Now().Add(patience))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := cancelAgain; ; wait *= 2 {
		_ = s.pg.CancelRequest(ctx) // if it fails, the deadline ends the wait
		pause.Reset(wait)
		select {
		case <-s.cancel.answered:
			s.cancel.ended <- struct{}{}
			return
		case <-pause.C:
		}
	}
}
