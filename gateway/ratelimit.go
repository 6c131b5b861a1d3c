package gateway

import (
	"crypto/sha256"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/planner/apierr"
)

// maxLimiters bounds the limiters that are kept: between maxLimiters and twice as many of those used last.
const maxLimiters = 10_000

// maxLimitedValue is the length up to which a value is kept as it is, in bytes.
const maxLimitedValue = 64

// limiters hold how many requests roles, and the values of claims, have sent. They outlive reloads of the
// configuration. They are safe for concurrent use.
type limiters struct {
	mu sync.Mutex
	// recent are those used since it was last full, older are those used before.
	recent, older map[limited]*rate.Limiter
}

// limited is a role, or a value of the claim that a JSON path names.
type limited struct{ claim, value string }

// newLimited returns what is limited. A long value, which a client may have chosen, is replaced by its hash.
func newLimited(claim, value string) limited {
	if len(value) > maxLimitedValue {
		hash := sha256.Sum256([]byte(value))
		value = string(hash[:])
	}
	return limited{claim, value}
}

// allow reports whether another request of an identity may run. If not, it returns how long it takes until one may, and
// whether the role or which claim has sent too many.
func (l *limiters) allow(now time.Time, rates *config.Rates, id *auth.Identity) (wait time.Duration, claim string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found [4]*rate.Limiter
	all := found[:0]
	check := func(name, value string, r config.Rate) {
		limiter := l.find(now, newLimited(name, value), r)
		all = append(all, limiter)
		if missing := 1 - limiter.TokensAt(now); missing > 0 {
			if d := time.Duration(missing * float64(time.Second) / float64(limiter.Limit())); d >= wait {
				wait, claim = max(d, 1), name
			}
		}
	}
	if r := rates.Of(id.Role); r != (config.Rate{}) {
		check("", id.Role, r)
	}
	for _, s := range id.Selected {
		if r := rates.OfClaim(s.Path); r != (config.Rate{}) {
			check(s.Path, s.Value, r)
		}
	}
	if wait > 0 {
		return wait, claim, false
	}
	for _, limiter := range all {
		limiter.AllowN(now, 1)
	}
	return 0, "", true
}

// find returns a limiter that limits to a rate.
func (l *limiters) find(now time.Time, of limited, r config.Rate) *rate.Limiter {
	limit := rate.Limit(float64(r.Requests) / r.Per.Seconds())
	limiter := l.recent[of]
	if limiter == nil {
		if limiter = l.older[of]; limiter == nil {
			limiter = rate.NewLimiter(limit, r.Burst)
		}
		if len(l.recent) >= maxLimiters || l.recent == nil {
			l.recent, l.older = make(map[limited]*rate.Limiter), l.recent
		}
		l.recent[of] = limiter
	}
	if limiter.Limit() != limit || limiter.Burst() != r.Burst { // a reload has changed it
		limiter.SetLimitAt(now, limit)
		limiter.SetBurstAt(now, r.Burst)
	}
	return limiter
}

// checkRate refuses a request whose role, or the value of one of whose claims, has sent too many.
func (h *Handler) checkRate(x *exchange) *apierr.Error {
	rates := x.settings.rates
	if rates == nil {
		return nil
	}
	wait, claim, ok := h.limiters.allow(time.Now(), rates, &x.identity)
	if ok {
		return nil
	}
	if h.OnRateLimited != nil {
		who := x.identity.Role
		if claim != "" {
			who = claim
		}
		h.OnRateLimited(who)
	}
	if x.client != nil && x.client.BodyArrived() {
		_ = x.receiveSmall() // so that the connection can be used again
	}
	return tooMany(wait)
}

// checkRates counts n more requests of the same identity, and refuses them if these are too many.
func (h *Handler) checkRates(x *exchange, n int) *apierr.Error {
	for range n {
		if err := h.checkRate(x); err != nil {
			return err
		}
	}
	return nil
}

// tooMany returns the error for a request that may run after a time.
func tooMany(wait time.Duration) *apierr.Error {
	return apierr.TooManyRequests("db-role-rate", int(math.Ceil(wait.Seconds())))
}
