package cache

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A database that is back is used within half a second, however long it was away. One that answers, but refuses, is
// asked at growing intervals only.
func TestStoreNoticesTheDatabase(t *testing.T) {
	starting := &pgconn.PgError{Code: "57P03"}
	for name, test := range map[string]struct {
		failure error
		soon    bool
	}{
		"unreachable":      {&ConnectError{errors.New("connection refused")}, true},
		"starting":         {&ConnectError{starting}, true},
		"full":             {&ConnectError{&pgconn.PgError{Code: "53300"}}, true},
		"no such database": {&ConnectError{&pgconn.PgError{Code: "3D000"}}, false},
		"a query fails":    {&pgconn.PgError{Code: "42501"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const outage = 70 * time.Second
				var back time.Time
				r := newRig(StoreOptions{}, func(load int) (*Catalog, error) {
					if time.Now().Before(back) {
						return nil, test.failure
					}
					return growing(load)
				})
				back = r.start.Add(outage)
				r.probe = func(context.Context) error {
					if time.Now().Before(back) {
						return test.failure
					}
					return nil
				}
				r.run(t)
				time.Sleep(outage - time.Second)
				if after := r.State().RetryAfter(); (after == 1) != test.soon {
					t.Errorf("Retry-After: %d", after)
				}
				if err := r.WaitLoaded(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(back); (took <= probeInterval) != test.soon {
					t.Errorf("loaded after %v", took)
				}
				r.stop(t)
			})
		})
	}
}

// Clients are told to wait even if no load has failed yet.
func TestRetryAfter(t *testing.T) {
	for pause, want := range map[time.Duration]int{0: 1, 500 * time.Millisecond: 1, time.Second: 1, 32 * time.Second: 32} {
		if got := (State{}).fail(errors.New("away"), pause).RetryAfter(); got != want {
			t.Errorf("%v: %d, want %d", pause, got, want)
		}
	}
	if got := (State{}).RetryAfter(); got != 1 {
		t.Errorf("before any failure: %d", got)
	}
}

// A lost connection has a load repeated soon, but not again and again: the load may be the reason.
func TestStoreRepeatsSoonOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, func(int) (*Catalog, error) { return nil, &pgconn.PgError{Code: "57P01"} })
		r.probe = func(context.Context) error { return nil }
		r.run(t)
		time.Sleep(4 * time.Second)
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "0s failed :  (SQLSTATE 57P01), again in 1s",
			"500ms load", "500ms failed :  (SQLSTATE 57P01), again in 2s",
			"2.5s load", "2.5s failed :  (SQLSTATE 57P01), again in 4s",
			"4s load", // which the end of the store ends
		})
	})
}
