package report

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var page string

// plot is one scenario of the page.
type plot struct {
	Name, About string
	Bars        []bar
}

// bar is one target of a plot. Width is a percentage of the longest bar.
type bar struct {
	Target, Rate, Spread, P50, P99, CPU string
	Width                               float64
	Failed                              int64
	Floor                               bool
}

// WriteHTML writes a page that needs nothing else.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		panic("BUG: the page's template does not parse: " + err.Error())
	}
	data := struct {
		*Report
		Plots []plot
	}{Report: r}
	for i := range r.Scenarios {
		data.Plots = append(data.Plots, r.Scenarios[i].plot())
	}
	if err := t.Execute(w, data); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func (s *Scenario) plot() plot {
	longest := s.Floor
	for _, x := range s.Results {
		longest = max(longest, x.Rate)
	}
	width := func(v float64) float64 {
		if longest == 0 {
			return 0
		}
		return 100 * v / longest
	}
	p := plot{Name: s.Name, About: s.About}
	for _, x := range s.Results {
		p.Bars = append(p.Bars, bar{
			Target: x.Target, Rate: rate(x.Rate), Spread: rate(x.Low) + "–" + rate(x.High),
			P50: short(x.P50), P99: short(x.P99), CPU: short(x.CPU), Width: width(x.Rate), Failed: x.Failed,
		})
	}
	if s.Floor > 0 {
		p.Bars = append(p.Bars, bar{Target: "floor", Rate: rate(s.Floor), Width: width(s.Floor), Floor: true})
	}
	return p
}
