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
	sizes   []sizeCosts
	serving *serving // nil if it was left out, as notices is then
	notices *notices
}

// Write writes tables and the verdicts on the goals as Markdown.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	r.writeSizes(&b)
	if r.serving != nil {
		r.serving.write(&b)
		r.notices.write(&b)
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
	if len(r.sizes) == 0 {
		return
	}
	b.WriteString("A load of everything, and one after a table got a column, for which the time counts from its commit:\n\n" +
		"| relations | start to ready | idle memory | bare queries | full load | cpu | db cpu | peak " +
		"| change served | slowest | cpu | db cpu | peak | other answers |\n" +
		"|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range r.sizes {
		cells := []string{fmt.Sprint(s.relations), short(s.ready), memory(s.idle), short(s.bare)}
		cells = append(cells, short(s.full.took), short(s.full.cpu), short(s.full.databaseCPU), memory(s.full.peak))
		cells = append(cells, short(s.change.took), short(s.change.slowest), short(s.change.cpu),
			short(s.change.databaseCPU), memory(s.change.peak), fmt.Sprint(s.change.refused))
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	b.WriteString("\n")
}

func (s *serving) write(b *strings.Builder) {
	fmt.Fprintf(b, "%d relations, %.0f requests offered in a second, which is half of the capacity, without and with "+
		"changes of another database or of this one:\n\n| round | changes | requests | unsent | failed | p50 | p99 |\n|---:|---|---:|---:|---:|---:|---:|\n",
		s.relations, s.offered)
	for i, round := range s.rounds {
		round.still.write(b, i+1, "none")
		round.elsewhere.write(b, i+1, "of another database")
		round.changing.write(b, i+1, "of this database")
	}
	fmt.Fprintf(b, "\n%d changes; of %d that created something, half of those were served within %s, 99 of 100 within %s, "+
		"all within %s of the commit, after %d other answers.\n\n", s.changes, len(s.late), short(percentile(s.late, 0.5)),
		short(percentile(s.late, 0.99)), short(percentile(s.late, 1)), s.refused)
	failures := []string{s.firstRefusal}
	for _, round := range s.rounds {
		failures = append(failures, round.still.firstFailure, round.elsewhere.firstFailure, round.changing.firstFailure)
	}
	for _, failure := range failures {
		if failure != "" {
			fmt.Fprintf(b, "Unexpected: `%s`\n\n", failure)
		}
	}
}

func (s *seen) write(b *strings.Builder, round int, changes string) {
	fmt.Fprintf(b, "| %d | %s | %d | %d | %d | %s | %s |\n", round, changes, s.requests, s.unsent, s.failed, short(s.p50), short(s.p99))
}

func (n *notices) write(b *strings.Builder) {
	fmt.Fprintf(b, "%d changes in a schema that is not served: %d statements. %d notifications: %d loads. "+
		"The listener's connection was back %s after it was lost, and a table created meanwhile was served %s later.\n\n",
		n.farChanges, n.farStatements, n.storm, n.stormLoads, short(n.reconnected), short(n.served))
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
