package journal

import (
	"fmt"
	"sync"
	"time"
)

// failing remembers why something failed, so that the same reason is not logged again with each attempt. It is safe for
// concurrent use.
type failing struct {
	mu    sync.Mutex
	why   string
	times int
}

// again counts a failure, and returns how often it has failed for this reason since the last success.
func (f *failing) again(why string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.why != why {
		f.why, f.times = why, 0
	}
	f.times++
	return f.times
}

// over forgets the failures after a success.
func (f *failing) over() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.why, f.times = "", 0
}

// momentAway is the delay from which on an attempt that is awaited is logged: the listener begins with short ones.
const momentAway = time.Second / 2

// stillFailing logs a further failure for the same reason, in one line, unless the next attempt is a moment away. A delay
// of 0 means that nothing is known of the next attempt.
func (j *Journal) stillFailing(what string, times int, delay time.Duration) {
	if 0 < delay && delay < momentAway {
		return
	}
	text := fmt.Sprintf("%s: still failing (%d)", what, times)
	if delay > 0 {
		text += fmt.Sprintf(", next attempt in %.0f seconds", delay.Seconds())
	}
	j.log.Error(text)
}
