package process

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// gcPercent returns the percentage that is set.
func gcPercent() int {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	return percent
}

// TestGarbageMayPileUp has little and then much be in use. A load has less garbage pile up.
func TestGarbageMayPileUp(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	t.Setenv("GOGC", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := newCollector()
	c.follow(ctx)
	awaitPercent(t, func(percent int) bool { return percent > usualPercent+usualPercent/2 })
	used := make([]byte, 3*leastGarbage)
	awaitPercent(t, func(percent int) bool { return percent == usualPercent })
	runtime.KeepAlive(used)
	used = nil
	awaitPercent(t, func(percent int) bool { return percent > usualPercent+usualPercent/2 })

	end, endOther := c.frugally(), c.frugally()
	end()
	awaitPercent(t, func(percent int) bool { return percent == loadPercent })
	endOther()
	awaitPercent(t, func(percent int) bool { return percent > usualPercent+usualPercent/2 })
}

// TestOperatorsChoose sets GOGC, which only loads change.
func TestOperatorsChoose(t *testing.T) {
	for percent, duringLoads := range map[int]int{10: 10, 300: loadPercent, -1: loadPercent} {
		before := debug.SetGCPercent(percent)
		t.Setenv("GOGC", "as set")
		c := newCollector()
		c.follow(t.Context())
		end := c.frugally()
		if got := gcPercent(); got != duringLoads {
			t.Errorf("GOGC=%d: %d during a load", percent, got)
		}
		end()
		if got := gcPercent(); got != percent {
			t.Errorf("GOGC=%d became %d", percent, got)
		}
		debug.SetGCPercent(before)
	}
}

// awaitPercent collects garbage until the percentage is as wanted.
func awaitPercent(t *testing.T, wanted func(percent int) bool) {
	t.Helper()
	for begin := time.Now(); !wanted(gcPercent()); {
		if time.Since(begin) > time.Minute {
			t.Fatalf("the percentage is %d", gcPercent())
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func TestPercentFor(t *testing.T) {
	for used, want := range map[uint64]int{
		0: 400, 4 << 20: 400, 8 << 20: 200, 15 << 20: 106, 16 << 20: 100, 1 << 40: 100,
	} {
		if got := percentFor(used); got != want {
			t.Errorf("%d bytes in use: %d, not %d", used, got, want)
		}
	}
}
