package cache

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// awaiting calls AwaitLoad, and returns its result and how long it took. What is announced has been asked for after a
// time.
func (r *rig) awaiting(t *testing.T, limit, announcing time.Duration) (bool, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	began := time.Now()
	ok := r.AwaitLoad(ctx, func(ctx context.Context) {
		select {
		case <-time.After(announcing):
		case <-ctx.Done():
		}
	})
	return ok, time.Since(began)
}

func TestAwaitLoad(t *testing.T) {
	const loading = 300 * time.Millisecond
	slowly := func(load int) (*Catalog, error) {
		time.Sleep(loading)
		if load == 4 {
			return nil, errors.New("no")
		}
		return growing(load)
	}
	for name, test := range map[string]struct {
		before            func(*rig)
		limit, announcing time.Duration
		want              bool
		took              time.Duration
	}{
		"nothing is due":                    {func(*rig) {}, time.Minute, 0, false, 0},
		"nothing is due, and announced":     {func(*rig) {}, time.Minute, 50 * time.Millisecond, false, 50 * time.Millisecond},
		"nothing is announced within limit": {func(*rig) {}, 20 * time.Millisecond, time.Minute, false, 20 * time.Millisecond},
		"it is announced": {func(r *rig) {
			time.AfterFunc(20*time.Millisecond, func() { r.Reload(CauseNotify) })
		}, time.Minute, 50 * time.Millisecond, true, 20*time.Millisecond + loading},
		"it is asked for later": {func(r *rig) {
			time.AfterFunc(60*time.Millisecond, func() { r.Reload(CauseNotify) })
		}, time.Minute, 50 * time.Millisecond, false, 50 * time.Millisecond},
		"it runs": {func(r *rig) {
			r.Reload(CauseNotify)
			time.Sleep(100 * time.Millisecond)
		}, time.Minute, 0, true, loading - 100*time.Millisecond},
		"one that began before it was announced runs": {func(r *rig) {
			r.Reload(CauseNotify)
			time.Sleep(100 * time.Millisecond)
			time.AfterFunc(20*time.Millisecond, func() { r.Reload(CauseNotify) })
		}, time.Minute, 50 * time.Millisecond, true, 2*loading - 100*time.Millisecond},
		"it has ended before everything is announced": {func(r *rig) {
			r.Reload(CauseNotify)
			time.Sleep(100 * time.Millisecond)
		}, time.Minute, loading, true, loading},
		"it takes too long": {func(r *rig) { r.Reload(CauseNotify) }, loading / 2, 0, false, loading / 2},
		"it fails, and succeeds a second later": {func(r *rig) {
			r.Reload(CauseNotify)
			time.Sleep(2 * loading)
			r.Reload(CauseNotify)
			time.Sleep(2 * loading)
			r.Reload(CauseNotify)
		}, time.Minute, 0, true, 2*loading + time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(StoreOptions{}, slowly)
			r.run(t)
			time.Sleep(time.Second) // the first load, and calm
			synctest.Wait()
			test.before(r)
			ok, took := r.awaiting(t, test.limit, test.announcing)
			if ok != test.want || took != test.took {
				t.Errorf("%s: %t after %v, want %t after %v", name, ok, took, test.want, test.took)
			}
			time.Sleep(time.Second)
			r.stop(t)
		})
	}
}

// TestAwaitedLoadsDoNotWaitForCalm checks that a load somebody waits for does not wait for the end of a burst.
func TestAwaitedLoadsDoNotWaitForCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, growing)
		r.run(t)
		time.Sleep(10 * time.Millisecond)
		r.Reload(CauseNotify) // soon after the first load: part of a burst
		synctest.Wait()
		if ok, took := r.awaiting(t, time.Minute, 0); !ok || took > 0 {
			t.Errorf("%t after %v, want a load at once", ok, took)
		}
		r.stop(t)
	})
}
