package exec

import (
	"context"
	"strings"
	"testing"
)

// TestReportedErrors shows which errors of PostgreSQL are reported: those that requests fail because of, of any kind of
// job, and not those that nobody waits for.
func TestReportedErrors(t *testing.T) {
	var seen observations
	p := newPool(t, newDatabase(t).config, size(1), seen.observe)
	codes := func() (all []string) {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		for _, told := range seen.told {
			if told.Kind == Reported {
				all = append(all, told.Code)
			}
		}
		return all
	}
	mustFail(t, p, read(mainOf("(1/count(*) filter (where false))::text", "item")), "22012")
	mustFail(t, p, read(mainOf("'x'", "nowhere")), "42P01")
	mustFail(t, p, write(mainOf("'x'::int::text", "item")), "22P02")
	equal(t, "codes", strings.Join(codes(), " "), "22012 42P01 22P02")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := p.Run(ctx, call("pg_sleep(60)"))
		done <- err
	}()
	until(t, "the job runs", func() bool { return p.Stats().Busy == 1 })
	cancel()
	if err := <-done; err == nil {
		t.Error("a canceled job has succeeded")
	}
	equal(t, "codes after a cancellation", len(codes()), 3)
}
