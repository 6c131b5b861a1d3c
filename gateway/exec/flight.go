package exec

import (
	"runtime"
	"slices"
	"time"
)

// A flight is a flush with a quick job, or several, on its way: from when the connection was taken for it until it is
// given back. Where the database is near, few flights with many jobs do more than many with one each, on both sides: so
// quick jobs wait for the next one although a connection is idle, as long as those under way are not late.

const (
	// briskTime is how long a flight with one job takes at most where waiting for the next one pays. At a distance it
	// takes longer, and a job that waits would be there sooner on a connection of its own.
	briskTime = 500 * time.Microsecond
	// lateTime is how long a flight may take until nobody waits for it any more: a lock, or a disk, holds it up.
	lateTime = 2 * time.Millisecond
	// inspectionInterval is how often late flights are looked for.
	inspectionInterval = 10 * time.Millisecond
	// maxVainInspections is how often nothing is found before that ends.
	maxVainInspections = 100
)

// flights are those under way. The pool's lock guards them.
type flights struct {
	conns []*conn
	// few is how many are under way before jobs wait for the next one: one more than there are processors to serve them.
	few  int
	pace pace
	// rides counts the jobs that were taken along by others.
	rides uint64
	// inspecting tells that inspect runs.
	inspecting bool
}

func newFlights() flights { return flights{few: runtime.GOMAXPROCS(0) + 1} }

// depart notes that a connection was taken for quick jobs.
func (f *flights) depart(c *conn) {
	c.flies, c.departed = true, time.Now()
	f.conns = append(f.conns, c)
}

// arrive notes that a connection is given back, or lost.
func (f *flights) arrive(c *conn, now time.Time) {
	if !c.flies {
		return
	}
	if c.flies = false; !c.shared {
		f.pace.note(now, now.Sub(c.departed))
	}
	c.shared = false
	i, last := slices.Index(f.conns, c), len(f.conns)-1
	f.conns[i], f.conns[last] = f.conns[last], nil
	f.conns = f.conns[:last]
}

// worthWaiting tells whether a job had better wait for one of the flights to end, as so many do already, than take a
// connection of its own. Each takes depth jobs next time.
func (f *flights) worthWaiting(now time.Time, waiting, depth int) bool {
	if len(f.conns) < f.few || !f.pace.brisk() {
		return false
	}
	fresh := 0
	for _, c := range f.conns {
		if now.Sub(c.departed) < lateTime {
			fresh++
		}
	}
	return fresh >= f.few && waiting < fresh*depth
}

// pace is how long the fastest flight with one job took in the last seconds.
type pace struct {
	now, before time.Duration // of this second and the one before, 0 if none
	since       time.Time     // when this second began
}

func (p *pace) note(now time.Time, took time.Duration) {
	if now.Sub(p.since) > time.Second {
		p.since, p.before, p.now = now, p.now, 0
	}
	if p.now == 0 || took < p.now {
		p.now = took
	}
}

func (p *pace) brisk() bool {
	return p.now > 0 && p.now < briskTime || p.before > 0 && p.before < briskTime
}

// startInspecting has late flights looked for. The pool is locked and not closed.
func (p *Pool) startInspecting() {
	if !p.flights.inspecting {
		p.flights.inspecting = true
		p.background.Go(p.inspect)
	}
}

// inspect helps those who depend on a late flight: its riders try again, and who waits for the next one gets another
// connection. One goroutine for all costs less than a timer for each. It ends when there is nothing to do for long.
func (p *Pool) inspect() {
	ticker := time.NewTicker(inspectionInterval)
	defer ticker.Stop()
	for vain := 0; vain < maxVainInspections; vain++ {
		select {
		case <-p.life.Done():
			return
		case <-ticker.C:
		}
		p.mu.Lock()
		if len(p.flights.conns) > 0 || p.waiters.count > 0 {
			vain = 0
		}
		p.helpLate(time.Now())
		p.flights.inspecting = vain < maxVainInspections-1
		p.mu.Unlock()
	}
}

// helpLate does that at one moment. The pool is locked.
func (p *Pool) helpLate(now time.Time) {
	for _, c := range p.flights.conns {
		if now.Sub(c.departed) > boardingTime {
			c.evict()
		}
	}
	for w := p.waiters.first; w != nil && !w.since.IsZero() && now.Sub(w.since) > lateTime; w = p.waiters.first {
		last := len(p.idle) - 1
		if last < 0 {
			p.openForWaiters()
			return
		}
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.place(c)
	}
}
