package reload

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Report is what was measured.
type Report struct {
	Sizes   []Size
	Serving *Serving // nil if it was left out, as Notices is then
	Notices *Notices
}

// Write writes tables and the verdicts on the goals as Markdown.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	r.writeSizes(&b)
	if r.Serving != nil {
		r.Serving.write(&b)
		r.Notices.write(&b)
	}
	b.WriteString("| goal | bound | measured | |\n|---|---:|---:|---|\n")
	for _, g := range r.goals() {
		verdict := "met"
		if !g.met {
			verdict = "**missed**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.what, g.bound, g.measured, verdict)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// Missed names the goals that were missed.
func (r *Report) Missed() []string {
	var missed []string
	for _, g := range r.goals() {
		if !g.met {
			missed = append(missed, fmt.Sprintf("%s: %s, not %s", g.what, g.measured, g.bound))
		}
	}
	return missed
}

func (r *Report) writeSizes(b *strings.Builder) {
	if len(r.Sizes) == 0 {
		return
	}
	b.WriteString("A load of everything, and one after a table was created, for which the time counts from its commit:\n\n" +
		"| relations | start to ready | idle memory | bare queries | full load | cpu | db cpu | peak " +
		"| change served | slowest | cpu | db cpu | peak | other answers |\n" +
		"|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range r.Sizes {
		cells := []string{fmt.Sprint(s.Relations), short(s.Ready), memory(s.Idle), short(s.Bare)}
		cells = append(cells, short(s.Full.Took), short(s.Full.CPU), short(s.Full.DatabaseCPU), memory(s.Full.Peak))
		cells = append(cells, short(s.Change.Took), short(s.Change.Slowest), short(s.Change.CPU),
			short(s.Change.DatabaseCPU), memory(s.Change.Peak), fmt.Sprint(s.Change.Refused))
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	b.WriteString("\n")
}

func (s *Serving) write(b *strings.Builder) {
	fmt.Fprintf(b, "%d relations, %.0f requests offered in a second, which is half of the capacity, without and with "+
		"changes of the schema:\n\n| round | changes | requests | unsent | failed | p50 | p99 |\n|---:|---|---:|---:|---:|---:|---:|\n",
		s.Relations, s.Offered)
	for i, round := range s.Rounds {
		round.Still.write(b, i+1, "no")
		round.Changing.write(b, i+1, "yes")
	}
	fmt.Fprintf(b, "\n%d changes; of %d that created something, half of those were served within %s, 99 of 100 within %s, "+
		"all within %s of the commit, after %d other answers.\n\n", s.Changes, len(s.Late), short(percentile(s.Late, 0.5)),
		short(percentile(s.Late, 0.99)), short(percentile(s.Late, 1)), s.Refused)
	failures := []string{s.FirstRefusal}
	for _, round := range s.Rounds {
		failures = append(failures, round.Still.FirstFailure, round.Changing.FirstFailure)
	}
	for _, failure := range failures {
		if failure != "" {
			fmt.Fprintf(b, "Unexpected: `%s`\n\n", failure)
		}
	}
}

func (s *Seen) write(b *strings.Builder, round int, changes string) {
	fmt.Fprintf(b, "| %d | %s | %d | %d | %d | %s | %s |\n", round, changes, s.Requests, s.Unsent, s.Failed, short(s.P50), short(s.P99))
}

func (n *Notices) write(b *strings.Builder) {
	fmt.Fprintf(b, "%d changes in a schema that is not served: %d statements. %d notifications: %d loads. "+
		"The listener's connection was back %s after it was lost, and a table created meanwhile was served %s later.\n\n",
		n.FarChanges, n.FarStatements, n.Storm, n.StormLoads, short(n.Reconnected), short(n.Served))
}

// percentile returns the duration that a share of all did not exceed, or 0 if there are none.
func percentile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// short rounds a duration to three digits.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
}

func memory(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }
