package socket

import (
	"context"
	"sync"
	"time"
)

// lifeline is the context of a connection's requests, one after another. It ends once and for ever, because the client
// has gone or the server gives up on it: then the connection is of no use any more. A request on it costs no
// allocation, and no lock that connections share. It must be made by init.
type lifeline struct {
	mu   sync.Mutex
	err  error         // why it has ended, nil before
	done chan struct{} // nil until somebody asks for it

	// job is what OnEnd was given, nil if there is nothing. forget takes it back.
	job    func()
	forget func() bool
	others map[*afterEnd]struct{}
}

// afterEnd is a function that AfterFunc was given.
type afterEnd struct{ f func() }

// ending is why a lifeline has ended. It counts as context.Canceled.
type ending string

// Why lifelines end.
const (
	// ErrClientGone is the end by the client.
	ErrClientGone ending = "the client has gone"
	errAborted    ending = "the server gives up on its requests"
)

// Error returns the reason.
func (e ending) Error() string { return string(e) }

// Is makes every ending a context.Canceled.
func (e ending) Is(target error) bool { return target == context.Canceled }

// init makes the lifeline ready for use.
func (l *lifeline) init() { l.forget = l.forgetJob }

// end ends the lifeline, unless it has ended before.
func (l *lifeline) end(why ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = why
	if l.done != nil {
		close(l.done)
	}
	if l.job != nil {
		go l.job()
		l.job = nil
	}
	for other := range l.others {
		go other.f()
	}
	l.others = nil
}

// OnEnd has f called in a goroutine of its own when the lifeline ends: see session.Lifetime.
func (l *lifeline) OnEnd(f func()) (stop func() bool) {
	l.mu.Lock()
	switch {
	case l.err != nil:
		go f()
	case l.job != nil: // Slow path: somebody else came first
		l.mu.Unlock()
		return l.AfterFunc(f)
	default:
		l.job = f
	}
	l.mu.Unlock()
	return l.forget
}

// forgetJob takes back what OnEnd was given, and reports whether it was not called.
func (l *lifeline) forgetJob() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.job != nil
	l.job = nil
	return waiting
}

// AfterFunc does what context.AfterFunc does, which contexts made from this one look for.
func (l *lifeline) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		go f()
		return func() bool { return false }
	}
	other := &afterEnd{f}
	if l.others == nil {
		l.others = make(map[*afterEnd]struct{})
	}
	l.others[other] = struct{}{}
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, waiting := l.others[other]
		delete(l.others, other)
		return waiting
	}
}

// Done is closed when the lifeline ends.
func (l *lifeline) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.err != nil {
			close(l.done)
		}
	}
	return l.done
}

// Err returns why the lifeline has ended, which is a context.Canceled, or nil.
func (l *lifeline) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Deadline returns none.
func (*lifeline) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Value returns nothing.
func (*lifeline) Value(any) any { return nil }
