package model

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"trunkline/planner/apierr"
)

// judge has the oracle run what the answers say was done, and compares answers and tables. It returns what is wrong, ""
// for nothing.
func (r *runner) judge(ctx context.Context, s *step, jobs []spec, answers []answer) string {
	a, err := r.a.state(ctx)
	if err != nil {
		return err.Error()
	}
	for i := range jobs {
		text, err := r.judgeOne(ctx, s, &jobs[i], answers[i], a)
		if err != nil {
			return "the oracle failed: " + err.Error()
		}
		if text != "" {
			return fmt.Sprintf("job %v\n    %s", jobs[i], text)
		}
	}
	if n := broken(jobs, answers); n > 1 {
		return fmt.Sprintf("one connection broke and %d jobs failed\n%s", n, list(answers))
	}
	b, err := r.b.state(ctx)
	if err != nil {
		return err.Error()
	}
	if text := a.differs(b); text != "" {
		return "the tables differ after the answers\n" + list(answers) + text
	}
	return ""
}

func list(answers []answer) (text string) {
	for i, a := range answers {
		text += fmt.Sprintf("    %2d  %v\n", i, a)
	}
	return text
}

// broken counts the jobs that failed because of a connection. A connection that breaks takes one job with it: that
// whose answer was due. All others that share it are reads, and can be tried again.
func broken(jobs []spec, answers []answer) (n int) {
	for i := range jobs {
		e := answers[i].err
		if e != nil && !jobs[i].Canceled && (e.OutcomeUnknown() || slices.Contains([]string{"57P01", "PGRST000", "PGRST001"}, e.Code)) {
			n++
		}
	}
	return n
}

// judgeOne judges one answer. A is the state of the pool's world after it.
func (r *runner) judgeOne(ctx context.Context, s *step, job *spec, got answer, a state) (string, error) {
	disturbed := s.faulty() || job.Canceled
	switch {
	case got.err == nil || !disturbed && !conflicts(s, job, got.err):
	case got.err.OutcomeUnknown():
		r.tally.count("unknown outcome")
		before, err := r.b.state(ctx)
		if err != nil || a.differsAt(before, job.Slot) == "" {
			return "", err // It was not done.
		}
		want, err := r.oracle.run(ctx, job)
		if err == nil && want.err != nil {
			return fmt.Sprintf("was done, which should have failed with %v", want), nil
		}
		return "", err
	case interrupted(s, job, got.err) || conflicts(s, job, got.err):
		r.tally.count(got.err.Code)
		return "", nil // It was not done: the tables will show it.
	}
	want, err := r.oracle.run(ctx, job)
	if err != nil {
		return "", err
	}
	r.tally.judged(job, want)
	return got.differs(want, disturbed), nil
}

// interrupted reports whether an error says that a job was kept from being done by what happened to it.
func interrupted(s *step, job *spec, e *apierr.Error) bool {
	switch e.Code {
	case "57014", "PGRSTX00": // query_canceled; it waited for a connection
		return job.Canceled
	case "57P01": // admin_shutdown
		return s.Terminate > 0
	case "PGRST000", "PGRST001": // no connection; it was lost. A canceled job does not wait for another one.
		return job.Canceled || s.faulty()
	default:
		return false
	}
}

// conflicts reports whether an error is a serialization failure, which PostgreSQL may raise for rows that only share a
// page.
func conflicts(s *step, job *spec, e *apierr.Error) bool {
	return e.Code == "40001" && len(s.Jobs) > 1 && (job.Isolation == "serializable" || job.Isolation == "repeatable read")
}

// tally counts the situations that the model has covered.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func newTally() *tally { return &tally{counts: make(map[string]int)} }

func (t *tally) count(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[what]++
}

// judged counts a job whose answer the oracle knows.
func (t *tally) judged(job *spec, want answer) {
	t.count("jobs")
	if want.err != nil {
		t.count("error " + want.err.Code)
		return
	}
	t.count("main " + job.Main)
}
