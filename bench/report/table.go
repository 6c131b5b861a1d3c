package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// column is a column of every table.
type column struct {
	title string
	cell  func(s *Scenario, x *Summary) string
}

// columns returns the columns of every table after the names of scenario and target. If requests were refused, or due
// and not sent, there are more: "p50 sent" and the like count from when requests were sent rather than due, and so
// exclude how long they waited for the suite itself.
func (r *Report) columns() []column {
	all := []column{
		{"req/s", func(_ *Scenario, x *Summary) string { return rate(x.Rate) }},
		{"low–high", func(_ *Scenario, x *Summary) string { return rate(x.Low) + "–" + rate(x.High) }},
		{"of floor", func(s *Scenario, x *Summary) string { return share(x.Rate, s.floorRate()) }},
		{"p50", func(_ *Scenario, x *Summary) string { return short(x.P50) }},
		{"p99", func(_ *Scenario, x *Summary) string { return short(x.P99) }},
		{"p99.9", func(_ *Scenario, x *Summary) string { return short(x.P999) }},
		{"cpu/req", func(_ *Scenario, x *Summary) string { return short(x.CPU) }},
		{"db cpu/req", func(_ *Scenario, x *Summary) string { return short(x.DatabaseCPU) }},
		{"memory", func(_ *Scenario, x *Summary) string { return memory(x.Memory) }},
		{"peak", func(_ *Scenario, x *Summary) string { return memory(x.Peak) }},
		{"db memory", func(_ *Scenario, x *Summary) string { return memory(x.DatabaseMemory) }},
	}
	if r.overloaded() {
		all = append(all, []column{
			{"p50 sent", func(_ *Scenario, x *Summary) string { return short(x.SentP50) }},
			{"p99 sent", func(_ *Scenario, x *Summary) string { return short(x.SentP99) }},
			{"refused/s", func(_ *Scenario, x *Summary) string { return rate(x.RefusedRate) }},
			{"refusal p50", func(_ *Scenario, x *Summary) string { return short(x.RefusedP50) }},
			{"refusal p99", func(_ *Scenario, x *Summary) string { return short(x.RefusedP99) }},
			{"refusal p50 sent", func(_ *Scenario, x *Summary) string { return short(x.RefusedSentP50) }},
			{"refusal p99 sent", func(_ *Scenario, x *Summary) string { return short(x.RefusedSentP99) }},
			{"failed/s", func(_ *Scenario, x *Summary) string { return rate(x.FailedRate) }},
			{"unsent", func(_ *Scenario, x *Summary) string { return strconv.FormatInt(x.Unsent, 10) }},
		}...)
	}
	return append(all, column{"failed", func(_ *Scenario, x *Summary) string { return strconv.FormatInt(x.Failed, 10) }})
}

// table returns the header and the rows of a report.
func (r *Report) table() [][]string {
	columns := r.columns()
	header := []string{"scenario", "target"}
	for _, c := range columns {
		header = append(header, c.title)
	}
	rows := [][]string{header}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		for _, x := range s.all() {
			row := []string{s.Name, x.Target}
			for _, c := range columns {
				row = append(row, c.cell(s, &x))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// WriteTable writes the results for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, cells := range r.table() {
		_, _ = fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	for _, target := range r.Targets {
		_, err := fmt.Fprintf(w, "%s: ready after %s, %s idle, %s at most\n",
			target.Name, short(target.Ready), memory(target.IdleMemory), memory(target.PeakMemory))
		if err != nil {
			return fmt.Errorf("writing a table: %w", err)
		}
	}
	return r.writeRatios(w)
}

// WriteMarkdown writes the results for documentation.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s. %s.\n\n    %s\n\n", r.Machine, r.Time.Format("2006-01-02"), r.load(), r.Command)
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	for i, cells := range r.table() {
		line(cells)
		if i == 0 {
			b.WriteString("|---|---|" + strings.Repeat("---:|", len(cells)-2) + "\n")
		}
	}
	b.WriteString("\n| target | start to ready | idle memory | peak memory |\n|---|---:|---:|---:|\n")
	for _, t := range r.Targets {
		line([]string{t.Name, short(t.Ready), memory(t.IdleMemory), memory(t.PeakMemory)})
	}
	if rows := r.ratioTable(); rows != nil {
		fmt.Fprintf(&b, "\nIn proportion to %s in the same round, median (lowest–highest):\n\n", r.Targets[0].Name)
		for i, cells := range rows {
			line(cells)
			if i == 0 {
				b.WriteString("|---|---|" + strings.Repeat("---:|", len(cells)-2) + "\n")
			}
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}
