package journal

import (
	"strconv"
	"sync"
	"time"
)

const (
	// limitCalm is how long nothing must have been refused because of a limit for that to be over.
	limitCalm = 10 * time.Second
	// maxLimits is how many limits are told of at a time.
	maxLimits = 100
)

// limits are those because of which requests are being refused.
type limits struct {
	mu     sync.Mutex
	active map[limit]*limited
}

// limit is a key of the configuration, and whom it limits.
type limit struct{ key, who string }

// limited is what a limit has refused since that began.
type limited struct {
	refused, before int // in all, and when it was last looked
	timer           *time.Timer
}

// RoleLimited counts a request that was refused because of a limit of a role, or of a value of a claim. It is logged when
// that begins and when it has ended, not each time.
func (j *Journal) RoleLimited(key, who string) {
	j.metrics.RoleLimited(key)
	l, of := &j.limits, limit{key, who}
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.active[of]; a != nil {
		a.refused++
		return
	}
	if len(l.active) >= maxLimits {
		return
	}
	if l.active == nil {
		l.active = make(map[limit]*limited)
	}
	a := &limited{refused: 1}
	a.timer = time.AfterFunc(limitCalm, func() { j.lookAtLimit(of) })
	l.active[of] = a
	j.log.Warn("Requests are refused because of a limit.", "limit", key, "of", who)
}

// lookAtLimit tells that nothing is refused any more, if that is so.
func (j *Journal) lookAtLimit(of limit) {
	l := &j.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.active[of]
	if a.refused != a.before {
		a.before = a.refused
		a.timer.Reset(limitCalm)
		return
	}
	delete(l.active, of)
	j.log.Warn("No requests are refused because of a limit any more.", "limit", of.key, "of", of.who,
		"refused", strconv.Itoa(a.refused))
}
