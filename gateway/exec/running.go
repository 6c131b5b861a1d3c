package exec

import (
	"runtime"
	"slices"
	"time"
)

const (
	// briskTime is the maximum time that a slot is taken for one quick job if waiting for the next batch is worthwhile.
	// With a distant database it takes longer, and the job would be faster on another connection.
	briskTime = 500 * time.Microsecond
	// lateTime is how long a slot may be taken for quick jobs until jobs stop waiting for it, because a lock or a disk
	// delays it.
	lateTime = 2 * time.Millisecond
	// inspectionInterval is the interval at which late slots are searched.
	inspectionInterval = 10 * time.Millisecond
	// maxVainInspections is the number of consecutive searches without a result after which searching stops.
	maxVainInspections = 100
)

// running tracks the slots that are taken for quick jobs. If the database is near, few flushes with many jobs achieve
// more than many flushes with one job, on both sides. So quick jobs wait for the next batch even if a connection is
// idle, as long as the running slots are not late. It is guarded by the pool's lock.
type running struct {
	slots []*slot
	// few is the number of running slots from which jobs wait for the next batch: one more than there are processors.
	few  int
	pace pace
	// shared is the number of jobs that were members of batches.
	shared uint64
	// inspecting is set while inspect runs.
	inspecting bool
}

func newRunning() running { return running{few: runtime.GOMAXPROCS(0) + 1} }

// beginLocked records that a slot is taken for quick jobs.
func (r *running) beginLocked(s *slot) {
	s.quick, s.taken = true, time.Now()
	r.slots = append(r.slots, s)
}

// endLocked records that a slot is returned, or its connection was lost.
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

// worthWaitingLocked reports whether a job should wait for one of the running slots, like waiting others, rather than
// use another connection. Each slot takes depth jobs next time.
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

// pace is the shortest time for which a slot was taken for one quick job, in the last seconds.
type pace struct {
	now, before time.Duration // of this second and the one before, 0 if none
	since       time.Time     // the start of this second
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

// startInspectingLocked starts searching for late slots. The pool must not be closed.
func (p *Pool) startInspectingLocked() {
	if !p.running.inspecting {
		p.running.inspecting = true
		p.background.Go(p.inspect)
	}
}

// inspect helps jobs that depend on a late slot: its members retry, and jobs that wait for the next batch get another
// connection. One goroutine for all slots costs less than a timer for each. It ends after a while without late slots.
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

// helpLateLocked does one round of inspect.
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
