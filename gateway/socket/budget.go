package socket

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// budgetWait is how long a body waits for memory that other bodies hold.
	budgetWait = time.Second
	// stormSize is how much bodies must have held for the memory to be given back to the system when none holds any more,
	// and calmTime how long after that.
	stormSize = 32 << 20
	calmTime  = 5 * time.Second
)

// Budget bounds the memory that the bodies of all requests hold together. It is safe for concurrent use.
type Budget struct {
	limit  int64
	memory *semaphore.Weighted

	mu         sync.Mutex
	held, most int64 // most since the memory was last given back
	giveBack   *time.Timer
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, memory: semaphore.NewWeighted(limit)}
}

// acquire takes n bytes, and reports whether it could within budgetWait and before ctx ended.
func (b *Budget) acquire(ctx context.Context, n int64) bool {
	if n > b.limit {
		return false
	}
	if !b.memory.TryAcquire(n) { // Slow path
		ctx, cancel := context.WithTimeout(ctx, budgetWait)
		defer cancel()
		if b.memory.Acquire(ctx, n) != nil {
			return false
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held += n
	b.most = max(b.most, b.held)
	return true
}

// release gives n bytes back.
func (b *Budget) release(n int64) {
	b.memory.Release(n)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held -= n; b.held > 0 || b.most < stormSize {
		return
	}
	b.most = 0
	if b.giveBack == nil {
		b.giveBack = time.AfterFunc(calmTime, debug.FreeOSMemory)
	} else {
		b.giveBack.Reset(calmTime)
	}
}
