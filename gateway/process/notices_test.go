package process

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestNoticesPause has a listener whose notifications do not arrive: some requests wait for them, for a bounded time.
func TestNoticesPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrive := false
		n := notices{barrier: func(ctx context.Context) error {
			if arrive {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		await := func(limit, want time.Duration) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			began := time.Now()
			n.await(ctx)
			if took := time.Since(began); took != want {
				t.Errorf("waited for %v, want %v", took, want)
			}
		}
		await(time.Second, time.Second) // which says nothing about the listener
		await(time.Minute, noticeTime)
		await(time.Minute, 0)
		time.Sleep(noticePause)
		await(time.Minute, noticeTime)
		time.Sleep(noticePause)
		arrive = true
		await(time.Minute, 0)
	})
}
