package journal

import (
	"sync"
	"time"
)

// folded runs an action at most once in an interval: at once the first time, and again at the end of the interval if it
// was requested in between.
type folded struct {
	interval time.Duration
	action   func()

	mu             sync.Mutex
	resting, asked bool
}

// ask requests the action.
func (f *folded) ask() {
	f.mu.Lock()
	if f.resting {
		f.asked = true
		f.mu.Unlock()
		return
	}
	f.resting = true
	f.mu.Unlock()
	f.action()
	time.AfterFunc(f.interval, f.rested)
}

func (f *folded) rested() {
	f.mu.Lock()
	f.resting = false
	again := f.asked
	f.asked = false
	f.mu.Unlock()
	if again {
		f.ask()
	}
}
