package session

import (
	"context"
	"time"
)

// cancelAgain is how long the first cancel request has to show an effect. It shows none if it comes before the
// statement.
const cancelAgain = 100 * time.Millisecond

// Lifetime is a context that can tell of its end without an allocation. Sessions take any other context too.
type Lifetime interface {
	context.Context
	// OnEnd has f called in a goroutine of its own when the context ends, at once if it has. Stop reports whether f was
	// kept from being called. It must be called once, and not later than OnEnd is called again.
	OnEnd(f func()) (stop func() bool)
}

// OnEnd has f called in a goroutine of its own when ctx ends. Stop is nil if that never happens.
func OnEnd(ctx context.Context, f func()) (stop func() bool) {
	if l, ok := ctx.(Lifetime); ok { // Fast path
		return l.OnEnd(f)
	}
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, f)
}

// canceling is how a cancel request and the goroutine that reads the answer agree about its end.
type canceling struct {
	request func()
	// answered gets a value when the request need not go on, ended when it has ended.
	answered, ended chan struct{}
}

func (c *canceling) init(request func()) {
	c.request = request
	c.answered, c.ended = make(chan struct{}, 1), make(chan struct{}, 1)
}

// Watch has what runs on the session canceled when ctx ends. It returns what Unwatch needs.
func (s *Session) Watch(ctx context.Context) (stop func() bool) { return OnEnd(ctx, s.cancel.request) }

// Unwatch ends that. If a cancel request was sent, it waits until that has been dealt with, so that it cannot hit the
// next job.
func (s *Session) Unwatch(stop func() bool) {
	if s.AwaitCancel(stop) {
		s.settle()
	}
}

// AwaitCancel waits until no cancel request is being sent, and reports whether one was. It may still be on its way then.
func (s *Session) AwaitCancel(stop func() bool) (requested bool) {
	if stop == nil || stop() {
		return false
	}
	s.cancel.answered <- struct{}{}
	<-s.cancel.ended
	return true
}

// RequestCancel asks the server to cancel what runs on the session, until AwaitCancel is called. Reading and writing fail
// if the server does not do so in time.
func (s *Session) RequestCancel() {
	_ = s.network.SetDeadline(time.Now().Add(patience))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := cancelAgain; ; wait *= 2 {
		_ = s.pg.CancelRequest(ctx) // If it fails, the deadline ends the wait.
		pause.Reset(wait)
		select {
		case <-s.cancel.answered:
			s.cancel.ended <- struct{}{}
			return
		case <-pause.C:
		}
	}
}
