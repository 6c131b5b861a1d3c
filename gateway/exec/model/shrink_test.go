package model

import (
	"slices"
	"testing"
)

// tries is the number of times that a failing sequence is run to find a shorter one.
const tries = 60

// shrink returns a shorter sequence that fails too, with how it fails. Where that depends on the order of things that
// happen at the same time, it may be as long as before.
func shrink(t *testing.T, w *worlds, q sequence, f *failure) (sequence, *failure) {
	t.Helper()
	left := tries
	failing := func(simpler sequence) bool {
		if left--; left < 0 {
			return false
		}
		found := run(t, w, simpler, newTally())
		if found == nil {
			return false
		}
		simpler.Steps = simpler.Steps[:found.step+1]
		q, f = simpler, found
		return true
	}
	fails := func(steps []step) bool {
		shorter := q
		shorter.Steps = steps
		return failing(shorter)
	}
	q.Steps = q.Steps[:f.step+1]
	_ = failing(flattened(q, 1)) || failing(flattened(q, q.Shape.Size))
	for size := len(q.Steps) / 2; size > 0; size /= 2 {
		for from := len(q.Steps) - 1 - size; from > -size; from -= size {
			low, high := max(from, 0), min(from+size, len(q.Steps)-1)
			if low < high {
				fails(slices.Delete(slices.Clone(q.Steps), low, high))
			}
		}
	}
	for i := len(q.Steps) - 1; i >= 0; i-- {
		shrinkStep(q, i, fails, func() sequence { return q })
	}
	return q, f
}

// flattened returns the sequence on a pool of another size, with its jobs one at a time.
func flattened(q sequence, size int) sequence {
	var steps []step
	for _, s := range q.Steps {
		if s.DDL != "" || s.Chain != nil {
			steps = append(steps, s)
		}
		for _, j := range s.Jobs {
			steps = append(steps, step{Jobs: []spec{j}, Severed: s.Severed, Cut: s.Cut, Terminate: s.Terminate})
		}
	}
	q.Shape.Size, q.Steps = size, steps
	return q
}

// shrinkStep leaves out jobs and faults of a step, one by one.
func shrinkStep(q sequence, i int, fails func([]step) bool, current func() sequence) {
	for j := 0; i < len(q.Steps) && len(q.Steps[i].Jobs) > 1 && j < len(q.Steps[i].Jobs); {
		if fails(replaced(q.Steps, i, func(s *step) { s.Jobs = slices.Delete(slices.Clone(s.Jobs), j, j+1) })) {
			q = current()
		} else {
			j++
		}
	}
	for again := true; again && i < len(q.Steps) && q.Steps[i].Chain != nil; {
		again = slices.ContainsFunc(shorterChains(q.Steps[i].Chain), func(c *chain) bool {
			return fails(replaced(q.Steps, i, func(s *step) { s.Chain = c }))
		})
		q = current()
	}
	for _, simpler := range []func(*step){
		func(s *step) { s.Gate = false },
		func(s *step) { s.Severed = false },
		func(s *step) { s.Cut = nil },
		func(s *step) { s.Terminate = 0 },
	} {
		steps := replaced(q.Steps, i, simpler)
		if i < len(q.Steps) && steps[i].String() != q.Steps[i].String() && fails(steps) {
			q = current()
		}
	}
}

// replaced returns the steps with a change to one of them.
func replaced(steps []step, i int, change func(*step)) []step {
	steps = slices.Clone(steps)
	if i < len(steps) {
		change(&steps[i])
	}
	return steps
}
