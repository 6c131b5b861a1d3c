package journal

import (
	"strconv"
	"sync"
	"time"
)

const (
	// limitCalm is how long a limit must not have refused anything until it is logged as over.
	limitCalm = 10 * time.Second
	// maxLimits is the maximum number of limits that are tracked at a time.
	maxLimits = 100
)

// limits tracks the limits because of which requests are being refused.
type limits struct {
	mu     sync.Mutex
	active map[limit]*limited
}

// limit is a key of the configuration, with the role or claim value that it limits.
type limit struct{ key, who string }

// limited counts what a limit has refused since it started to refuse.
type limited struct {
	refused, before int // in total, and at the previous check
	timer           *time.Timer
}

// RoleLimited counts a request that was refused because of a limit of a role, or of a value of a claim. It logs the
// beginning and the end, not each request.
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
	a.timer = time.AfterFunc(limitCalm, func() { j.checkLimit(of) })
	l.active[of] = a
	j.log.Warn("Rejecting requests because of a limit.", "limit", key, "of", who)
}

// checkLimit logs that a limit does not refuse requests any more, if that is so.
func (j *Journal) checkLimit(of limit) {
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
	j.log.Warn("No longer rejecting requests because of a limit.", "limit", of.key, "of", of.who,
		"refused", strconv.Itoa(a.refused))
}
