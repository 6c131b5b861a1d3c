package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// header are the columns of every table.
func header() []string {
	return []string{"scenario", "target", "req/s", "low–high", "p50", "p99", "p99.9", "cpu/req", "db cpu/req", "of floor", "failed"}
}

// rows are the cells of every table.
func (r *Report) rows() [][]string {
	var rows [][]string
	for _, s := range r.Scenarios {
		for _, x := range s.Results {
			rows = append(rows, []string{
				s.Name, x.Target, rate(x.Rate), rate(x.Low) + "–" + rate(x.High),
				short(x.P50), short(x.P99), short(x.P999), short(x.CPU), short(x.DatabaseCPU),
				share(x.Rate, s.Floor), strconv.FormatInt(x.Failed, 10),
			})
		}
		if s.Floor > 0 {
			rows = append(rows, []string{s.Name, "(floor)", rate(s.Floor), "", "", "", "", "", "", "1.00", ""})
		}
	}
	return rows
}

// WriteTable writes the results for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(cells []string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")+"\t") }
	line(header())
	for _, cells := range r.rows() {
		line(cells)
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
	return nil
}

// WriteMarkdown writes the results for documentation.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s. %d clients, pool of %d, %d rounds of %s.\n\n    %s\n\n",
		r.Machine, r.Time.Format("2006-01-02"), r.Clients, r.Pool, r.Rounds, r.Duration, r.Command)
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header())
	b.WriteString("|---|---|" + strings.Repeat("---:|", len(header())-2) + "\n")
	for _, cells := range r.rows() {
		line(cells)
	}
	b.WriteString("\n| target | start to ready | idle memory | peak memory |\n|---|---:|---:|---:|\n")
	for _, t := range r.Targets {
		line([]string{t.Name, short(t.Ready), memory(t.IdleMemory), memory(t.PeakMemory)})
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing Markdown: %w", err)
	}
	return nil
}

func rate(perSecond float64) string {
	if perSecond < 100 {
		return strconv.FormatFloat(perSecond, 'f', 1, 64)
	}
	return strconv.FormatFloat(perSecond, 'f', 0, 64)
}

// short rounds a duration to three digits.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < time.Millisecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.3gms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.3gs", d.Seconds())
	}
}

func share(rate, floor float64) string {
	if floor == 0 {
		return "-"
	}
	return strconv.FormatFloat(rate/floor, 'f', 2, 64)
}

func memory(bytes int64) string {
	if bytes == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
