package notify

import "time"

const (
	// settleTime is how long a burst must be silent to have settled.
	settleTime = 100 * time.Millisecond
	// maxBurst bounds how long a burst that never settles holds an event back.
	maxBurst = time.Second
)

// fold passes events on: the first at once, those that follow it closely as one, when they have settled. It returns
// when events is closed, with nothing held back.
func fold(events <-chan Event, deliver func(Event)) {
	for first := range events {
		deliver(first)
		if !foldBurst(events, deliver) {
			return
		}
	}
}

// foldBurst collects what follows an event until it settles. It reports false when events was closed.
func foldBurst(events <-chan Event, deliver func(Event)) bool {
	settled := time.NewTimer(settleTime)
	defer settled.Stop()
	var held Event
	var deadline time.Time
	for {
		select {
		case e, ok := <-events:
			if !ok {
				deliverHeld(held, deliver)
				return false
			}
			if held.empty() {
				deadline = time.Now().Add(maxBurst)
				held = e
			} else {
				held = held.merge(e)
			}
			settled.Reset(min(settleTime, max(time.Until(deadline), 0)))
		case <-settled.C:
			if held.empty() {
				return true
			}
			deliverHeld(held, deliver)
			held = Event{}
			settled.Reset(settleTime)
		}
	}
}

func deliverHeld(held Event, deliver func(Event)) {
	if !held.empty() {
		deliver(held)
	}
}
