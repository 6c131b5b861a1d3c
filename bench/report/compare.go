package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Compare writes how each target in b differs from the same target in a, and returns the regressions: where the rate
// fell or a latency rose by more than tolerance (0.1 is a tenth), and no round of b is as good as the worst of a.
func Compare(w io.Writer, a, b *Report, tolerance float64) ([]string, error) {
	before := map[[2]string]Summary{}
	for _, s := range a.Scenarios {
		for _, x := range s.Results {
			before[[2]string{s.Name, x.Target}] = x
		}
	}
	var worse []string
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "scenario\ttarget\treq/s\t\tratio\tp50\t\tratio\tp99\t\tratio\tcpu/req\t\tratio\t\t")
	for _, s := range b.Scenarios {
		for _, x := range s.Results {
			old, ok := before[[2]string{s.Name, x.Target}]
			if !ok {
				continue
			}
			marks := regressions(&old, &x, tolerance)
			for _, mark := range marks {
				worse = append(worse, s.Name+" of "+x.Target+": "+mark)
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s%s%s%s\t\n", s.Name, x.Target,
				rate(old.Rate), rate(x.Rate), share(x.Rate, old.Rate),
				change(old.P50, x.P50), change(old.P99, x.P99), change(old.CPU, x.CPU), strings.Join(marks, ", "))
		}
	}
	if err := t.Flush(); err != nil {
		return nil, fmt.Errorf("writing a comparison: %w", err)
	}
	return worse, nil
}

// regressions describes what is worse in b than in a.
func regressions(a, b *Summary, tolerance float64) []string {
	var all []string
	if b.Rate < a.Rate*(1-tolerance) && b.High < a.Low {
		all = append(all, "slower")
	}
	if longer(a.P50, b.P50, tolerance) && b.P50Low > a.P50High {
		all = append(all, "p50 longer")
	}
	if longer(a.P99, b.P99, tolerance) && b.P99Low > a.P99High {
		all = append(all, "p99 longer")
	}
	if b.Failed > a.Failed {
		all = append(all, "more failures")
	}
	return all
}

func longer(a, b time.Duration, tolerance float64) bool {
	return a > 0 && float64(b) > float64(a)*(1+tolerance)
}

// change returns three cells: before, after, and their ratio.
func change(a, b time.Duration) string {
	return short(a) + "\t" + short(b) + "\t" + share(float64(b), float64(a)) + "\t"
}
