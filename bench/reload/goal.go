package reload

import (
	"fmt"
	"time"
)

// goal is a bound on something measured.
type goal struct {
	what, bound, measured string
	met                   bool
}

const (
	// tailRatio bounds the p99 under changes in proportion to that without.
	tailRatio = 1.3
	// servedWithin bounds the time in which what is created under load is served.
	servedWithin = 100 * time.Millisecond
	// quietServedWithin and quietDatabase bound a change without load, from quietFrom relations on.
	quietServedWithin = 30 * time.Millisecond
	quietDatabase     = 20 * time.Millisecond
	quietFrom         = 10_000
	// peakRatio bounds the peak memory of full loads in proportion to the idle size, and idleMemory that size, both at
	// the largest size that is meant to be served.
	peakRatio  = 1.3
	idleMemory = 250e6
	largest    = 100_000
	// linear bounds how much the time of a load for each relation may grow from one size to the next.
	linear = 1.3
	// linearFrom is the size from which the time of a load depends on the relations more than on PostgreSQL's own
	// catalog.
	linearFrom    = 1000
	stormLoads    = 2
	servedAfterIt = time.Second
)

// goals returns the goals for what was measured, with verdicts.
func (r *Report) goals() []goal {
	var all []goal
	for i := range r.sizes {
		all = append(all, r.sizes[i].goals()...)
		if i > 0 && r.sizes[i-1].relations >= linearFrom {
			all = append(all, growthGoal(&r.sizes[i-1], &r.sizes[i]))
		}
	}
	if r.serving != nil {
		all = append(all, r.serving.goals()...)
		all = append(all, r.notices.goals()...)
	}
	return all
}

func (s *sizeCosts) goals() []goal {
	if s.relations < quietFrom {
		return nil
	}
	at := fmt.Sprintf("%d relations: ", s.relations)
	all := []goal{
		atMost(at+"a new column is served", s.change.took, quietServedWithin),
		atMost(at+"it costs the database", s.change.databaseCPU, quietDatabase),
		{at + "other answers before", "0", fmt.Sprint(s.change.refused), s.change.refused == 0},
	}
	if s.relations < largest {
		return all
	}
	peak := float64(s.full.peak) / float64(s.idle)
	return append(
		all,
		goal{at + "idle memory", "≤ " + memory(idleMemory), memory(s.idle), s.idle <= idleMemory},
		goal{at + "peak of a full load by idle memory", ratio(peakRatio), fmt.Sprintf("%.2f", peak), peak <= peakRatio},
	)
}

// growthGoal compares the time of a load for each relation at two sizes.
func growthGoal(small, large *sizeCosts) goal {
	each := func(s *sizeCosts) float64 { return float64(s.full.took) / float64(s.relations) }
	x := each(large) / each(small)
	return goal{
		fmt.Sprintf("a load's time for each relation, at %d by that at %d", large.relations, small.relations),
		ratio(linear), fmt.Sprintf("%.2f", x), x <= linear,
	}
}

func (s *serving) goals() []goal {
	var failed int64
	var still, changing []time.Duration
	for _, round := range s.rounds {
		failed += round.still.failed + round.elsewhere.failed + round.changing.failed
		still, changing = append(still, round.still.p99), append(changing, round.changing.p99)
	}
	x := float64(percentile(changing, 0.5)) / float64(max(percentile(still, 0.5), 1))
	late := percentile(s.late, 1)
	return []goal{
		{"unexpected answers under load", "0", fmt.Sprint(failed), failed == 0},
		{"p99 under changes by that without", ratio(tailRatio), fmt.Sprintf("%.2f", x), x <= tailRatio},
		atMost("what is created under load is served", late, servedWithin),
		{"other answers before", "0", fmt.Sprint(s.refused), s.refused == 0},
	}
}

func (n *notices) goals() []goal {
	return []goal{
		{"statements for changes of other schemas", "0", fmt.Sprint(n.farStatements), n.farStatements == 0},
		{
			fmt.Sprintf("loads for %d notifications", n.storm), fmt.Sprintf("≤ %d", stormLoads),
			fmt.Sprint(n.stormLoads), n.stormLoads <= stormLoads,
		},
		atMost("served after the listener is back", n.served, servedAfterIt),
	}
}

func atMost(what string, d, bound time.Duration) goal {
	return goal{what, "≤ " + short(bound), short(d), d <= bound}
}

func ratio(bound float64) string { return fmt.Sprintf("≤ %.2f", bound) }
