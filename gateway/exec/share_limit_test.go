package exec

import (
	"fmt"
	"testing"
)

// Roles whose jobs are refused are forgotten in the end.
func TestRefusedRolesAreForgotten(t *testing.T) {
	p := newPool(t, newDatabase(t).config, shares(2, 1), func(o *Options) { o.MaxWaiting = 0 })
	defer takeAs(t, p, anonRole)()
	defer takeAs(t, p, memberRole)()
	for i := range 2 * keptShares {
		if g, err := p.acquire(t.Context(), applicant{role: fmt.Sprint("role ", i)}); err == nil {
			p.release(g.slot)
			t.Fatal("a job was not refused")
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	equal(t, "few are kept", len(p.waiters.shares) <= keptShares+1, true)
}

// The answer of an abandoned job counts for the limit that its role has by then.
func TestLimitThatChangedMeanwhile(t *testing.T) {
	p := newPool(t, newDatabase(t).config, shares(4, 1))
	p.mu.Lock()
	defer p.mu.Unlock()
	q, s := &p.waiters, new(slot)
	old := q.share(anonRole)
	q.setLimits(RoleLimits{}, 4)
	q.forgetUnused(old)
	equal(t, "counts without limits", p.resumeLocked(s, old) != nil, false)
	q.setLimits(RoleLimits{Default: 3}, 4)
	equal(t, "limit", p.resumeLocked(s, old).most, 3)
	equal(t, "limit of the next", q.share(anonRole).most, 3)
}
