package exec

import (
	"testing"
	"time"
)

// simulated has n waiters be served at a time, in equal intervals, while others always wait.
func simulated(f *flow, n int, interval, length time.Duration) (now time.Time) {
	now = time.Unix(1000, 0)
	f.begin(now)
	for end := now.Add(length); now.Before(end); {
		now = now.Add(interval)
		f.served(now, n)
	}
	return now
}

func TestFlow(t *testing.T) {
	for name, test := range map[string]struct {
		timeout          time.Duration
		n                int
		interval, length time.Duration
		count            int
		hopeless         bool
		seconds          int
	}{
		"in time":              {time.Second, 1, 10 * time.Millisecond, 2 * time.Second, 90, false, 1},
		"just not":             {time.Second, 1, 10 * time.Millisecond, 2 * time.Second, 110, true, 1},
		"by far not":           {time.Second, 1, 10 * time.Millisecond, 2 * time.Second, 550, true, 5},
		"never":                {time.Second, 1, 10 * time.Millisecond, 2 * time.Second, 1 << 20, true, maxRetryAfter},
		"a burst":              {time.Second, 1, 10 * time.Millisecond, 100 * time.Millisecond, 1000, false, 1},
		"batches":              {time.Second, 8, 10 * time.Millisecond, 2 * time.Second, 700, false, 1},
		"slow, in time":        {10 * time.Second, 10, 3 * time.Second, time.Minute, 20, false, 1},
		"slow, not":            {10 * time.Second, 10, 3 * time.Second, time.Minute, 100, true, 0},
		"too few to tell":      {time.Second, 1, 300 * time.Millisecond, 10 * time.Second, 1000, false, 1},
		"without end":          {0, 1, 10 * time.Millisecond, 2 * time.Second, 1000, false, 0},
		"served in the last":   {time.Second, 1, 10 * time.Millisecond, 490 * time.Millisecond, 200, true, 0},
		"long silence at last": {time.Second, 1, 10 * time.Millisecond, time.Second, 0, false, 1},
	} {
		f := newFlow(test.timeout)
		now := simulated(&f, test.n, test.interval, test.length)
		seconds, hopeless := f.hopeless(now, test.count)
		if hopeless != test.hopeless || test.seconds > 0 && seconds != test.seconds {
			t.Errorf("%s: %t, %d s", name, hopeless, seconds)
		}
	}
}

// TestFlowEnds checks that measurements do not count after the queue was empty, nor when no job has been served for
// long.
func TestFlowEnds(t *testing.T) {
	f := newFlow(time.Second)
	now := simulated(&f, 1, 10*time.Millisecond, 2*time.Second)
	if _, hopeless := f.hopeless(now.Add(3*time.Second), 1000); hopeless {
		t.Error("the flow counts although it has stopped")
	}
	f.end()
	f.begin(now)
	if _, hopeless := f.hopeless(now.Add(time.Millisecond), 1000); hopeless {
		t.Error("the flow counts what was measured before the queue was empty")
	}
}
