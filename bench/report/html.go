package report

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var page string

// section is one scenario of the page, or one measure of a page of curves.
type section struct {
	Name, About string
	Figures     []*figure
	// Header and Rows are the numbers shown by the figures.
	Header []string
	Rows   [][]string
}

// WriteHTML writes a self-contained page.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		panic("BUG: the page's template does not parse: " + err.Error())
	}
	data := struct {
		*Report
		Sections []section
		Footer   [][]string
		Series   []string
		Load     string
		Failures []string
	}{Report: r, Sections: r.sections(), Load: r.load(), Failures: r.Failures()}
	for n := range 8 {
		data.Series = append(data.Series, series(n))
	}
	for _, x := range r.Targets {
		data.Footer = append(data.Footer, []string{x.Name, short(x.Ready), memory(x.IdleMemory), memory(x.PeakMemory)})
	}
	if err := t.Execute(w, data); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func (r *Report) sections() []section {
	rows := r.table()
	if r.Over != "" {
		s := section{Name: "Over " + r.Over, Header: rows[0], Rows: rows[1:]}
		if len(r.Scenarios) > 0 {
			s.About = r.Scenarios[0].About
		}
		for _, m := range measures() {
			s.Figures = append(s.Figures, r.lines(m))
		}
		return []section{s}
	}
	var all []section
	next := 1
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		one := section{
			Name: s.Name, About: s.About, Figures: []*figure{s.throughput(), s.latency()}, Header: rows[0][1:],
		}
		for range s.all() {
			one.Rows = append(one.Rows, rows[next][1:])
			next++
		}
		all = append(all, one)
	}
	return all
}
