package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Spread is the median of several rounds, with the lowest and the highest.
type Spread struct {
	Middle float64 `json:"middle"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// String formats the median, followed by the range.
func (s Spread) String() string {
	if s == (Spread{}) {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Middle, s.Low, s.High)
}

// Ratios are a target's figures in proportion to those of another in the same round. Rounds are compared one by one,
// because other activity of the machine during a round affected both.
type Ratios struct {
	Target string `json:"target"`
	Rate   Spread `json:"rate"`
	P50    Spread `json:"p50"`
	P99    Spread `json:"p99"`
	P999   Spread `json:"p999"`
	// CPU and DatabaseCPU are per answer.
	CPU         Spread `json:"cpu"`
	DatabaseCPU Spread `json:"database_cpu"`
	// OfFloor is the rate in proportion to the floor's. It is zero without a floor.
	OfFloor Spread `json:"of_floor"`
}

// Compared compares the rounds of a target with those of another and, if there is one, of the floor.
func Compared(target string, rounds, base, floor []Round) Ratios {
	return Ratios{
		Target:      target,
		Rate:        ratio(rounds, base, func(r Round) float64 { return r.Rate }),
		P50:         ratio(rounds, base, func(r Round) float64 { return float64(r.P50) }),
		P99:         ratio(rounds, base, func(r Round) float64 { return float64(r.P99) }),
		P999:        ratio(rounds, base, func(r Round) float64 { return float64(r.P999) }),
		CPU:         ratio(rounds, base, func(r Round) float64 { return float64(r.CPU) }),
		DatabaseCPU: ratio(rounds, base, func(r Round) float64 { return float64(r.DatabaseCPU) }),
		OfFloor:     ratio(rounds, floor, func(r Round) float64 { return r.Rate }),
	}
}

// ratio compares a field round by round. Rounds in which the base is zero are left out.
func ratio(rounds, base []Round, field func(Round) float64) Spread {
	var all []float64
	for i := range min(len(rounds), len(base)) {
		if below := field(base[i]); below > 0 {
			all = append(all, field(rounds[i])/below)
		}
	}
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	return Spread{median(all), all[0], all[len(all)-1]}
}

// ratioTable returns the header and the rows of the comparison with the first target, or nil.
func (r *Report) ratioTable() [][]string {
	var rows [][]string
	for _, s := range r.Scenarios {
		for _, x := range s.Ratios {
			row := []string{s.Name, x.Target}
			for _, spread := range []Spread{x.Rate, x.OfFloor, x.P50, x.P99, x.P999, x.CPU, x.DatabaseCPU} {
				row = append(row, spread.String())
			}
			rows = append(rows, row)
		}
	}
	if rows == nil {
		return nil
	}
	header := []string{"scenario", "target", "req/s", "of floor", "p50", "p99", "p99.9", "cpu/req", "db cpu/req"}
	return append([][]string{header}, rows...)
}

// writeRatios writes the comparison with the first target for a terminal.
func (r *Report) writeRatios(w io.Writer) error {
	rows := r.ratioTable()
	if rows == nil {
		return nil
	}
	_, _ = fmt.Fprintf(w, "in proportion to %s in the same round, median (lowest–highest):\n", r.Targets[0].Name)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, cells := range rows {
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing ratios: %w", err)
	}
	return nil
}
