package socket

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// budgetWait is how long a body waits for memory that other bodies use.
	budgetWait = time.Second
	// stormSize is how much memory bodies must have used, or one part of stormShare of a small budget, for it to be
	// returned to the system when no body uses any, and calmTime how long after that.
	stormSize, stormShare = 32 << 20, 4
	calmTime              = 5 * time.Second
)

// Budget bounds the memory used by the bodies of all requests together. It is safe for concurrent use.
type Budget struct {
	limit  int64
	memory *semaphore.Weighted

	mu         sync.Mutex
	held, most int64 // most since the memory was last returned
	giveBack   *time.Timer
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget {
	return &Budget{limit: limit, memory: semaphore.NewWeighted(limit)}
}

// acquire takes n bytes. It returns false if they did not become available within budgetWait and before ctx ended.
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

// release returns n bytes.
func (b *Budget) release(n int64) {
	b.memory.Release(n)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held -= n; b.held > 0 || b.most < min(stormSize, b.limit/stormShare) {
		return
	}
	b.most = 0
	if b.giveBack == nil {
		b.giveBack = time.AfterFunc(calmTime, debug.FreeOSMemory)
	} else {
		b.giveBack.Reset(calmTime)
	}
}
