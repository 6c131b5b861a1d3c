package cache

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// rig is a store whose loads are made by a function, with a log of events and their times.
type rig struct {
	*Store
	start  time.Time
	log    []string
	ended  []Ended
	loads  int
	cancel context.CancelFunc
	done   chan error
}

// newRig returns a store for a synctest bubble. Each load calls read with its number, starting at 1.
func newRig(o StoreOptions, read func(load int) (*Catalog, error)) *rig {
	r := &rig{start: time.Now(), done: make(chan error, 1)}
	o.Observe = r.observe
	r.Store = NewStore(o)
	r.read = func(context.Context, *touched) (*Catalog, error) {
		r.loads++
		r.note("load")
		return read(r.loads)
	}
	return r
}

func (r *rig) note(what string) {
	r.log = append(r.log, fmt.Sprintf("%v %s", time.Since(r.start), what))
}

func (r *rig) observe(e Event) {
	switch e := e.(type) {
	case Published:
		r.note(fmt.Sprintf("published %d", e.Generation))
	case Unchanged:
		r.note(fmt.Sprintf("unchanged %d", e.Generation))
	case Ended:
		r.ended = append(r.ended, e)
	case Failed:
		r.note(fmt.Sprintf("failed %v, again in %v", e.Err, e.RetryIn))
	}
}

// run starts the store and waits until all its goroutines are blocked.
func (r *rig) run(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.done <- r.Run(ctx) }()
	synctest.Wait()
}

// stop ends the store and checks that it did not fail.
func (r *rig) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

// always returns the same catalog for each load, a new value each time.
func always(int) (*Catalog, error) { return &Catalog{Schemas: []string{"api"}}, nil }

// growing returns a catalog with one more table for each load.
func growing(load int) (*Catalog, error) {
	c := &Catalog{Schemas: []string{"api"}}
	for i := range load {
		c.Tables = append(c.Tables, table(api(fmt.Sprint("t", i))))
	}
	slices.SortFunc(c.Tables, func(a, b *Table) int { return a.Name.Compare(b.Name) })
	return c, nil
}

// failing returns a function that fails for the loads up to last, and then calls growing.
func failing(last int) func(int) (*Catalog, error) {
	return func(load int) (*Catalog, error) {
		if load <= last {
			return nil, errors.New("no luck")
		}
		return growing(load)
	}
}

func TestStoreLoadsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, growing)
		if r.Snapshot() != nil || r.State() != (State{}) || r.State().Fresh() {
			t.Errorf("before Run: %v, %+v", r.Snapshot(), r.State())
		}
		r.run(t)
		if err := errors.Join(r.WaitFirst(t.Context()), r.WaitLoaded(t.Context())); err != nil {
			t.Error(err)
		}
		if s := r.Snapshot(); s.Generation != 1 || len(s.Tables("api")) != 1 {
			t.Errorf("generation %d with %d tables", s.Generation, len(s.Tables("api")))
		}
		if state := r.State(); state != (State{phase: phaseLoaded, hasSnapshot: true}) || !state.Fresh() {
			t.Errorf("state is %+v", state)
		}
		r.stop(t)
		requireLines(t, r.log, []string{"0s load", "0s published 1"})
	})
}

func TestStoreRetriesWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, failing(7))
		r.run(t)
		if err := r.WaitFirst(t.Context()); err == nil || err.Error() != "no luck" {
			t.Errorf("first attempt: %v", err)
		}
		state := r.State()
		if state.phase != phaseRetrying || state.hasSnapshot || state.Fresh() || state.RetryAfter() != 1 || state.err == nil {
			t.Errorf("state is %+v", state)
		}
		if err := r.WaitLoaded(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "0s failed no luck, again in 1s",
			"1s load", "1s failed no luck, again in 2s",
			"3s load", "3s failed no luck, again in 4s",
			"7s load", "7s failed no luck, again in 8s",
			"15s load", "15s failed no luck, again in 16s",
			"31s load", "31s failed no luck, again in 32s",
			"1m3s load", "1m3s failed no luck, again in 32s",
			"1m35s load", "1m35s published 1",
		})
	})
}

func TestStoreKeepsTheLastGoodSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, func(load int) (*Catalog, error) {
			if load == 2 {
				return nil, errors.New("no luck")
			}
			return growing(load)
		})
		r.run(t)
		good := r.Snapshot()
		time.Sleep(time.Minute)
		r.Reload(CauseNotify)
		synctest.Wait()
		if state := r.State(); state.phase != phaseRetrying || !state.hasSnapshot || r.Snapshot() != good {
			t.Errorf("after a failure: %+v, generation %d", state, r.Snapshot().Generation)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if state := r.State(); state != (State{phase: phaseLoaded, hasSnapshot: true}) || r.Snapshot().Generation != 2 {
			t.Errorf("after recovery: %+v, generation %d", state, r.Snapshot().Generation)
		}
		r.stop(t)
	})
}

func TestStorePublishesNoUnchangedCatalog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, always)
		r.run(t)
		first := r.Snapshot()
		time.Sleep(time.Second)
		r.Reload(CauseNotify)
		synctest.Wait()
		if r.Snapshot() != first {
			t.Error("an equal catalog was published")
		}
		r.stop(t)
		requireLines(t, r.log, []string{"0s load", "0s published 1", "1s load", "1s unchanged 1"})
	})
}

func TestReloadOutOfCalmIsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, always)
		r.run(t)
		for range 2 {
			time.Sleep(time.Second)
			r.Reload(CauseNotify)
		}
		synctest.Wait()
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "0s published 1", "1s load", "1s unchanged 1", "2s load", "2s unchanged 1",
		})
	})
}

func TestReloadFoldsABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, always)
		r.run(t)
		time.Sleep(time.Second)
		for range 10 {
			r.Reload(CauseNotify)
			synctest.Wait()
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Second)
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "0s published 1", "1s load", "1s unchanged 1", "1.28s load", "1.28s unchanged 1",
		})
	})
}

func TestReloadEndsABurstThatNeverSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, always)
		r.run(t)
		for range 100 {
			r.Reload(CauseNotify)
			time.Sleep(50 * time.Millisecond)
		}
		r.stop(t)
		if r.loads < 5 || r.loads > 8 {
			t.Errorf("%d loads in 5 s, want one each second:\n%s", r.loads, strings.Join(r.log, "\n"))
		}
	})
}

func TestReloadDuringALoadIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		r = newRig(StoreOptions{}, func(load int) (*Catalog, error) {
			time.Sleep(time.Second)
			if load == 2 {
				if phase := r.State().phase; phase != phaseLoading {
					t.Errorf("phase is %d", phase)
				}
				r.Reload(CauseNotify)
				time.Sleep(time.Second)
			}
			return growing(load)
		})
		r.run(t)
		time.Sleep(10 * time.Second)
		r.Reload(CauseNotify)
		time.Sleep(10 * time.Second)
		r.stop(t)
		requireLines(t, r.log, []string{
			"0s load", "1s published 1", "10s load", "12s published 2", "12.1s load", "13.1s published 3",
		})
	})
}

func TestReloadEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(StoreOptions{}, failing(3))
		r.run(t)
		time.Sleep(4 * time.Second) // two more failures, at 1 s and 3 s
		r.Reload(CauseNotify)
		synctest.Wait()
		r.stop(t)
		if last := r.log[len(r.log)-1]; last != "4s published 1" {
			t.Errorf("the last entry is %s", last)
		}
	})
}

func TestStoreStops(t *testing.T) {
	for name, after := range map[string]time.Duration{
		"in a load": 0, "in calm": time.Second + time.Millisecond, "in a pause": 21 * time.Second, "waiting": 8 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(StoreOptions{}, func(load int) (*Catalog, error) {
					time.Sleep(time.Second)
					if load > 1 {
						return nil, errors.New("no luck")
					}
					return always(load)
				})
				r.run(t)
				time.AfterFunc(19*time.Second, func() { r.Reload(CauseNotify) })
				time.Sleep(after)
				synctest.Wait()
				r.stop(t)
			})
		})
	}
}

func TestWaitsEndWithTheirContext(t *testing.T) {
	s := NewStore(StoreOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.WaitFirst(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitFirst: %v", err)
	}
	if err := s.WaitLoaded(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitLoaded: %v", err)
	}
}

func TestFatalErrors(t *testing.T) {
	password := &ConnectError{&pgconn.PgError{Code: "28P01"}}
	version := &versionError{Number: 130000, Text: "PostgreSQL 13"}
	refused := &ConnectError{errors.New("refused")}
	tests := []struct {
		name        string
		err         error
		fatal       bool
		unsupported bool
	}{
		{"password", password, true, false},
		{"version", version, true, true},
		{"no connection", refused, false, false},
		{"other error of the server", &ConnectError{&pgconn.PgError{Code: "57P03"}}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(StoreOptions{}, func(int) (*Catalog, error) { return nil, test.err })
				r.run(t)
				first := r.WaitFirst(t.Context())
				if !errors.Is(first, test.err) {
					t.Errorf("first attempt: %v", first)
				}
				var fatal *FatalError
				if errors.As(first, &fatal) != test.fatal || test.fatal && fatal.Unsupported != test.unsupported {
					t.Errorf("first attempt: %#v", first)
				}
				if !test.fatal {
					r.stop(t)
					return
				}
				if err := <-r.done; !reflect.DeepEqual(err, first) {
					t.Errorf("Run returned %v", err)
				}
				if r.State().retryIn != 0 {
					t.Errorf("state is %+v", r.State())
				}
				r.cancel()
			})
		})
	}
}

func TestConnectMaySetOptions(t *testing.T) {
	var failed Failed
	ctx, cancel := context.WithCancel(t.Context())
	var s *Store
	s = NewStore(StoreOptions{
		Options: Options{Schemas: []string{"old"}},
		Connect: func(context.Context) (*pgx.Conn, error) {
			s.SetOptions(Options{Schemas: []string{"new"}})
			return nil, errors.New("refused")
		},
		Observe: func(e Event) {
			failed = e.(Failed)
			cancel()
		},
	})
	if err := s.Run(ctx); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if !reflect.DeepEqual(failed.Options.Schemas, []string{"new"}) {
		t.Errorf("the failed load had the schemas %v", failed.Options.Schemas)
	}
}

func TestSummary(t *testing.T) {
	c, _ := growing(3)
	c.Routines = []Routine{{Name: api("f")}, {Name: api("f"), Params: []Param{{}}}, {Name: api("g")}}
	c.ForeignKeys = []ForeignKey{key("k", api("t0"), "x", api("t1"))}
	c.MediaHandlers = []MediaHandler{{Function: api("h"), Accept: "a/b"}}
	want := "3 Relations, 2 Relationships, 2 RPCs, 0 Domain Representations, 1 Media Type Handlers"
	if got := Build(c).summary().String(); got != want {
		t.Errorf("summary is %s, want %s", got, want)
	}
}
