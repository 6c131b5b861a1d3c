package socket

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// budgetWait is how long a body waits for memory that other bodies use.
const budgetWait = time.Second

// Budget bounds the memory used by the bodies of all requests together. It is safe for concurrent use.
type Budget struct {
	limit  int64
	memory *semaphore.Weighted
	used   atomic.Int64
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
	b.used.Add(n)
	return true
}

// release returns n bytes.
func (b *Budget) release(n int64) {
	b.used.Add(-n)
	b.memory.Release(n)
}
