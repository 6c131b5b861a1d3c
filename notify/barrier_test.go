package notify

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// configEvents counts the events of the configuration among those that were delivered since the last call.
func (l *listening) configEvents() int {
	n := 0
	for _, e := range l.take() {
		if e.Config && !e.Schema {
			n++
		}
	}
	return n
}

// TestBarrierComesBehindNotifications sends notifications, and has to find all of them delivered after a barrier.
func TestBarrierComesBehindNotifications(t *testing.T) {
	l := listen(t)
	want, got := 0, 0
	for i := range 300 {
		for n := range i % 4 {
			l.exec(t, "SELECT pg_notify($1, 'reload config') FROM generate_series(1, $2)", channel, 1+n%2)
			want++ // equal notifications of a transaction are one
		}
		if err := l.Barrier(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got += l.configEvents(); got != want {
			t.Fatalf("barrier %d: %d notifications were delivered of %d that were sent", i, got, want)
		}
	}
}

// TestBarriersOfMany has many goroutines send notifications and wait for barriers at once.
func TestBarriersOfMany(t *testing.T) {
	var delivered sync.Map
	l := listenWith(t, func(l *Listener) {
		deliver := l.o.Deliver
		l.o.Deliver = func(events []Event) {
			for _, e := range events {
				if e.Change != nil {
					delivered.Store(e.Change.Objects[0].Oid, true)
				}
			}
			deliver(events)
		}
	})
	var number atomic.Uint32
	var group sync.WaitGroup
	for range 16 {
		conn := pgtest.Conn(t, l.dsn)
		group.Go(func() {
			for range 50 {
				oid := 1 + number.Add(1)
				payload := fmt.Sprintf(`reload schema ["", "CREATE TABLE", "+1259 %d api"]`, oid)
				if _, err := conn.Exec(t.Context(), "SELECT pg_notify($1, $2)", channel, payload); err != nil {
					t.Error(err)
					return
				}
				if err := l.Barrier(t.Context()); err != nil {
					t.Error(err)
				}
				if _, ok := delivered.Load(oid); !ok {
					t.Errorf("notification %d was not delivered before the barrier", oid)
				}
			}
		})
	}
	group.Wait()
}

// TestTransactionsAreDeliveredWholeBesideBarriers has the notifications of transactions arrive with the answers to
// barriers.
func TestTransactionsAreDeliveredWholeBesideBarriers(t *testing.T) {
	var halves atomic.Int64
	l := listenWith(t, func(l *Listener) {
		deliver := l.o.Deliver
		l.o.Deliver = func(events []Event) {
			if !events[0].Missed && len(events) != 2 { // each transaction sends two
				halves.Add(1)
			}
			deliver(events)
		}
	})
	const one = "SELECT pg_notify($1, 'reload schema'), pg_notify($1, 'reload config')"
	for range 1000 {
		var group sync.WaitGroup
		group.Go(func() { l.exec(t, one, channel) })
		if err := l.Barrier(t.Context()); err != nil {
			t.Error(err)
		}
		group.Wait()
		if err := l.Barrier(t.Context()); err != nil { // the next transaction is delivered by itself
			t.Error(err)
		}
	}
	if n := halves.Load(); n > 0 {
		t.Errorf("%d times half of a transaction was delivered", n)
	}
}

// TestBarrierWithoutConnection ends the listener's connection again and again. Barriers fail or pass, and none is
// waited for longer than that takes.
func TestBarrierWithoutConnection(t *testing.T) {
	l := listen(t)
	killer := pgtest.Conn(t, l.dsn)
	done := make(chan struct{})
	var group sync.WaitGroup
	var passed, failed atomic.Int64
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := l.Barrier(t.Context()); err != nil {
					failed.Add(1)
					time.Sleep(time.Millisecond)
				} else {
					passed.Add(1)
				}
			}
		})
	}
	for range 5 {
		before := passed.Load()
		l.await(t, "barriers", func() bool { return passed.Load() > before+4 })
		const kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener' AND datname = current_database()"
		if _, err := killer.Exec(t.Context(), kill); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	group.Wait()
	if failed.Load() == 0 {
		t.Error("no barrier failed")
	}
}

// TestBarriersAreShared checks who waits for which notification.
func TestBarriersAreShared(t *testing.T) {
	var b barriers
	allowed := 4
	join := func() *barrier {
		t.Helper()
		joined, err := b.join(func() bool { allowed--; return allowed >= 0 })
		if err != nil {
			t.Fatal(err)
		}
		return joined
	}
	if _, err := b.join(nil); !errors.Is(err, errNotListening) {
		t.Errorf("without a session: %v", err)
	}
	b.admit()
	first, second := join(), join()
	if first != second {
		t.Error("two that come at once wait for different notifications")
	}
	one := b.send()
	later := join()
	if later == first {
		t.Error("one that comes when a notification was sent waits for that one")
	}
	if n := b.send(); n != 0 {
		t.Errorf("barrier %d is sent while %d has not arrived", n, one)
	}
	b.arrived(one+1, nil) // of nobody
	b.arrived(one, nil)
	<-first.passed
	two := b.send()
	b.arrived(one, nil) // again
	select {
	case <-later.passed:
		t.Error("the second barrier passed with the first one's notification")
	default:
	}
	b.arrived(two, nil)
	<-later.passed
	last := join()
	b.refuse()
	if <-last.passed; !errors.Is(last.err, errNotListening) {
		t.Errorf("a barrier that was not sent ended with %v", last.err)
	}
	b.admit()
	join()
	b.send()
	if _, err := b.join(func() bool { return false }); !errors.Is(err, errTooMany) {
		t.Errorf("one more than is allowed: %v", err)
	}
}
