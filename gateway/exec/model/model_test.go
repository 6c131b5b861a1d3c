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
	jobsFlag     = flag.Int("jobs", 1000, "how many jobs the model runs")
	seedFlag     = flag.Uint64("seed", 1, "what the jobs are drawn from; 0 is a seed of the moment")
	sequenceFlag = flag.Int("sequence", -1, "the only sequence to run, by its number")
	freshFlag    = flag.Bool("fresh", false, "whether the oracle uses a fresh connection for every job, which takes long")
	shrinkFlag   = flag.Bool("shrink", true, "whether a shorter sequence is looked for that fails too")
	withoutFlag  = flag.String("without", "", "dimensions that are left out, with commas between")
)

const (
	// sequenceJobs is how many jobs a sequence has, about.
	sequenceJobs = 100
	// shortJobs is how many jobs are run where tests are to be short.
	shortJobs = 200
	// maxFailures is how many failures are looked into.
	maxFailures = 3
	// workers is how many sequences run at the same time.
	workers = 2
	// progress is after how many sequences it is said how far the model has come.
	progress = 10
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

// In any combination of jobs on a pool, each job has the answer and the effects that it has alone on a fresh
// connection.
func TestModel(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	without := make(map[string]bool)
	for name := range strings.SplitSeq(*withoutFlag, ",") {
		without[name] = true
	}
	jobs := *jobsFlag
	if testing.Short() {
		jobs = min(jobs, shortJobs)
	}
	first, last := 0, (jobs+sequenceJobs-1)/sequenceJobs
	if *sequenceFlag >= 0 {
		first, last = *sequenceFlag, *sequenceFlag+1
	}
	t.Logf("seed %d, sequences %d to %d", seed, first, last-1)
	m := &model{seed: seed, without: without, counts: newTally()}
	m.next.Store(int64(first))
	t.Run("worker", func(t *testing.T) {
		for n := range min(workers, last-first) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				m.work(t, int64(last))
			})
		}
	})
	t.Log(m.counts)
}

// model is what the workers share.
type model struct {
	seed     uint64
	without  map[string]bool
	counts   *tally
	next     atomic.Int64 // the number of the next sequence
	failures atomic.Int32
}

// work runs sequences until none are left.
func (m *model) work(t *testing.T, last int64) {
	t.Helper()
	w := newWorlds(t)
	for n := m.next.Add(1) - 1; n < last && m.failures.Load() < maxFailures; n = m.next.Add(1) - 1 {
		m.sequence(t, w, uint64(n))
		if done := n + 1; done%progress == 0 {
			fmt.Fprintf(os.Stderr, "model: %d of %d sequences, seed %d\n", done, last, m.seed)
		}
	}
}

// sequence draws and runs a sequence, and reports a failure in its shortest form.
func (m *model) sequence(t *testing.T, w *worlds, number uint64) {
	t.Helper()
	q := newGenerator(m.seed, number, m.without).sequence(m.seed, number, sequenceJobs)
	f := run(t, w, q, m.counts)
	if f == nil {
		return
	}
	m.failures.Add(1)
	original := f
	q.Steps = q.Steps[:f.step+1]
	if *shrinkFlag {
		q, f = shrink(t, w, q, f)
	}
	again := fmt.Sprintf("go test ./gateway/exec/model -run TestModel -seed %d -sequence %d", m.seed, number)
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
