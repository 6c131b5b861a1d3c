package model

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"trunkline/deploy/localpg/pgtest"
)

var (
	jobsFlag     = flag.Int("jobs", 2000, "how many jobs the model runs")
	seedFlag     = flag.Uint64("seed", 1, "what the jobs are drawn from; 0 is a seed of the moment")
	sequenceFlag = flag.Int("sequence", -1, "the only sequence to run, by its number")
	withoutFlag  = flag.String("without", "", "dimensions that are left out, with commas between")
)

// sequenceJobs is how many jobs a sequence has, and maxFailures how many failures are looked into.
const (
	sequenceJobs = 100
	maxFailures  = 3
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := pgtest.Run(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// Whatever jobs meet on a pool, each is answered as if it had been alone on a fresh connection, and does the same.
func TestModel(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) //nolint:gosec // any number will do
	}
	without := make(map[string]bool)
	for name := range strings.SplitSeq(*withoutFlag, ",") {
		without[name] = true
	}
	first, last := 0, (*jobsFlag+sequenceJobs-1)/sequenceJobs
	if *sequenceFlag >= 0 {
		first, last = *sequenceFlag, *sequenceFlag+1
	}
	t.Logf("seed %d, sequences %d to %d", seed, first, last-1)
	counts, failures := newTally(), new(atomic.Int32)
	t.Run("sequences", func(t *testing.T) {
		for n := first; n < last; n++ {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				if failures.Load() < maxFailures {
					runSequence(t, seed, uint64(n), without, counts, failures) //nolint:gosec // not negative
				}
			})
		}
	})
	t.Log(counts)
}

// runSequence draws and runs a sequence, and reports a failure in its shortest form.
func runSequence(
	t *testing.T, seed, number uint64, without map[string]bool, counts *tally, failures *atomic.Int32,
) {
	t.Helper()
	q := newGenerator(seed, number, without).sequence(seed, number, sequenceJobs)
	f := run(t, q, counts)
	if f == nil {
		return
	}
	failures.Add(1)
	original := f
	q, f = shrink(t, q, f)
	again := fmt.Sprintf("go test ./gateway/exec/model -run TestModel -seed %d -sequence %d", seed, number)
	if *withoutFlag != "" {
		again += " -without " + *withoutFlag
	}
	t.Errorf("step %d failed: %s\n\nthe shortest sequence found, which fails at its last step:\n%v\n  %s\n\nrun it again: %s",
		original.step, original.text, q, f.text, again)
}

// String returns the counts as text.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		fmt.Fprintf(&b, "\n  %6d  %s", t.counts[what], what)
	}
	return b.String()
}
