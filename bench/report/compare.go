package report

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Compare writes how each target's rates in b differ from those in a, and returns the results that fell by more than
// tolerance (0.1 is a tenth) beyond what the rounds of both differ among themselves.
func Compare(w io.Writer, a, b *Report, tolerance float64) ([]string, error) {
	before := map[[2]string]Summary{}
	for _, s := range a.Scenarios {
		for _, x := range s.Results {
			before[[2]string{s.Name, x.Target}] = x
		}
	}
	var worse []string
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "scenario\ttarget\tbefore\tafter\tratio\t\t")
	for _, s := range b.Scenarios {
		for _, x := range s.Results {
			old, ok := before[[2]string{s.Name, x.Target}]
			if !ok || old.Rate == 0 {
				continue
			}
			mark := ""
			if x.Rate < old.Rate*(1-tolerance) && x.High < old.Low {
				mark = "slower"
				worse = append(worse, s.Name+" of "+x.Target)
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.2f\t%s\t\n",
				s.Name, x.Target, rate(old.Rate), rate(x.Rate), x.Rate/old.Rate, mark)
		}
	}
	if err := t.Flush(); err != nil {
		return nil, fmt.Errorf("writing a comparison: %w", err)
	}
	return worse, nil
}
