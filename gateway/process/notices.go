package process

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	// noticeTime bounds how long notifications that were sent may take to arrive. As a rule it is a millisecond.
	noticeTime = 2 * time.Second
	// noticePause is how long none are waited for when some have not arrived within that. A connection that is dead is
	// replaced meanwhile.
	noticePause = 10 * time.Second
)

// notices waits for notifications that are on their way. It is safe for concurrent use.
type notices struct {
	// barrier is [notify.Listener.Barrier].
	barrier func(context.Context) error
	paused  atomic.Pointer[time.Time] // until when nothing is waited for, nil for never
}

// await returns when every notification that was sent before the call has been delivered, or when that cannot be known.
func (n *notices) await(ctx context.Context) {
	if until := n.paused.Load(); until != nil && time.Now().Before(*until) {
		return
	}
	limited, cancel := context.WithTimeout(ctx, noticeTime)
	defer cancel()
	err := n.barrier(limited)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		until := time.Now().Add(noticePause)
		n.paused.Store(&until)
	}
}
