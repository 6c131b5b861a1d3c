package exec

import (
	"runtime"
	"slices"
	"time"
)

const (
	// briskTime is how long a slot is taken at most for one quick job where waiting for the next batch pays. At a distance
	// it takes longer, and a job that waits would be there sooner on a connection of its own.
	briskTime = 500 * time.Microsecond
	// lateTime is how long a slot may be taken for quick jobs until nobody waits for it any more: a lock, or a disk, holds
	// it up.
	lateTime = 2 * time.Millisecond
	// inspectionInterval is how often slots that are late are looked for.
	inspectionInterval = 10 * time.Millisecond
	// maxVainInspections is how often nothing is found before that ends.
	maxVainInspections = 100
)

// running are the slots that are taken for quick jobs. Where the database is near, few flushes with many jobs do more than
// many with one each, on both sides: so quick jobs wait for the next batch although a connection is idle, as long as the
// slots that run are not late. The pool's lock guards it.
type running struct {
	slots []*slot
	// few is how many slots run before jobs wait for the next batch: one more than there are processors to serve them.
	few  int
	pace pace
	// shared counts the jobs that were members of batches.
	shared uint64
	// inspecting is set while inspect runs.
	inspecting bool
}

func newRunning() running { return running{few: runtime.GOMAXPROCS(0) + 1} }

// beginLocked notes that a slot is taken for quick jobs.
func (r *running) beginLocked(s *slot) {
	s.quick, s.taken = true, time.Now()
	r.slots = append(r.slots, s)
}

// endLocked notes that a slot is given back, or its connection lost.
func (r *running) endLocked(s *slot, now time.Time) {
	if !s.quick {
		return
	}
	if s.quick = false; !s.shared {
		r.pace.note(now, now.Sub(s.taken))
	}
	s.shared = false
	i, last := slices.Index(r.slots, s), len(r.slots)-1
	r.slots[i], r.slots[last] = r.slots[last], nil
	r.slots = r.slots[:last]
}

// worthWaitingLocked reports whether a job had better wait for one of the slots, as so many do already, than take a
// connection of its own. Each takes depth jobs next time.
func (r *running) worthWaitingLocked(now time.Time, waiting, depth int) bool {
	if len(r.slots) < r.few || !r.pace.brisk() {
		return false
	}
	fresh := 0
	for _, s := range r.slots {
		if now.Sub(s.taken) < lateTime {
			fresh++
		}
	}
	return fresh >= r.few && waiting < fresh*depth
}

// pace is how long a slot was taken for one quick job at least, in the last seconds.
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

// startInspectingLocked has slots that are late looked for. The pool must not be closed.
func (p *Pool) startInspectingLocked() {
	if !p.running.inspecting {
		p.running.inspecting = true
		p.background.Go(p.inspect)
	}
}

// inspect helps those who depend on a slot that is late: its members try again, and who waits for the next batch gets
// another connection. One goroutine for all costs less than a timer for each. It ends when there is nothing to do for
// long.
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
		if len(p.running.slots) > 0 || p.waiters.count > 0 {
			vain = 0
		}
		p.helpLateLocked(time.Now())
		p.running.inspecting = vain < maxVainInspections-1
		p.mu.Unlock()
	}
}

// helpLateLocked helps them at one moment.
func (p *Pool) helpLateLocked(now time.Time) {
	for _, s := range p.running.slots {
		if now.Sub(s.taken) > p.maxTurn {
			p.detachAllLocked(s)
		}
	}
	for w := p.waiters.first(); w != nil && !w.since.IsZero() && now.Sub(w.since) > lateTime; w = p.waiters.first() {
		if len(p.idle) == 0 {
			p.openForWaitersLocked()
			return
		}
		p.placeLocked(p.takeIdleLocked(w.role))
	}
	p.serveSharesLocked()
}
