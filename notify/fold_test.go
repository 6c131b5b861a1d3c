package notify

import (
	"testing"
	"testing/synctest"
	"time"
)

// delivery is an event and when it was delivered.
type delivery struct {
	after time.Duration
	event Event
}

// runFold sends an event at each of the times and returns what is delivered.
func runFold(t *testing.T, at []time.Duration) []delivery {
	t.Helper()
	var got []delivery
	synctest.Test(t, func(*testing.T) {
		start := time.Now()
		events := make(chan Event)
		done := make(chan struct{})
		go func() {
			fold(events, func(e Event) { got = append(got, delivery{time.Since(start), e}) })
			close(done)
		}()
		for _, when := range at {
			time.Sleep(time.Until(start.Add(when)))
			events <- Event{Schema: true}
		}
		time.Sleep(5 * time.Second)
		close(events)
		<-done
	})
	return got
}

func TestFoldDeliversTheFirstAtOnce(t *testing.T) {
	got := runFold(t, []time.Duration{0})
	if len(got) != 1 || got[0].after != 0 {
		t.Errorf("deliveries %v, want one at 0s", got)
	}
}

func TestFoldJoinsABurst(t *testing.T) {
	got := runFold(t, []time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond, 90 * time.Millisecond})
	if len(got) != 2 || got[1].after != 90*time.Millisecond+settleTime {
		t.Errorf("deliveries %v, want a second one %v after the last event", got, settleTime)
	}
}

func TestFoldEndsABurstThatNeverSettles(t *testing.T) {
	var at []time.Duration
	for when := time.Duration(0); when <= 3*time.Second; when += 50 * time.Millisecond {
		at = append(at, when)
	}
	got := runFold(t, at)
	for i := 1; i < len(got); i++ {
		if gap := got[i].after - got[i-1].after; gap > maxBurst+settleTime {
			t.Errorf("nothing was delivered for %v", gap)
		}
	}
	if len(got) < 3 || len(got) > 6 {
		t.Errorf("%d deliveries of a burst of 3 s, want 3 to 6", len(got))
	}
}

func TestFoldDeliversWhatIsHeldAtTheEnd(t *testing.T) {
	var got []Event
	synctest.Test(t, func(*testing.T) {
		events := make(chan Event)
		done := make(chan struct{})
		go func() {
			fold(events, func(e Event) { got = append(got, e) })
			close(done)
		}()
		events <- Event{Schema: true}
		events <- Event{Config: true}
		close(events)
		<-done
	})
	if len(got) != 2 || !got[1].Config {
		t.Errorf("delivered %+v, want the configuration event too", got)
	}
}
