package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The dimensions of a figure of curves.
const (
	plotWidth  = 560.0
	plotHeight = 300.0
	plotLeft   = 62.0
	plotRight  = 540.0
	plotTop    = 34.0
	plotBottom = 252.0
)

// measure is the property of a summary that a figure of curves shows.
type measure struct {
	title string
	// value is its median, low and high its range over the rounds.
	value, low, high func(x *Summary) float64
	text             func(float64) string
	logarithmic      bool
	floor            bool // the floor has this property too
}

func duration(field func(x *Summary) time.Duration) func(*Summary) float64 {
	return func(x *Summary) float64 { return float64(field(x)) }
}

// measures returns the measures of a page of curves.
func measures() []measure {
	cpu := duration(func(x *Summary) time.Duration { return x.CPU })
	databaseCPU := duration(func(x *Summary) time.Duration { return x.DatabaseCPU })
	peak := func(x *Summary) float64 { return float64(x.Peak) }
	return []measure{
		{
			title: "requests in a second", text: thousands, floor: true,
			value: func(x *Summary) float64 { return x.Rate },
			low:   func(x *Summary) float64 { return x.Low }, high: func(x *Summary) float64 { return x.High },
		},
		{
			title: "latency, p50", text: nanoseconds, logarithmic: true,
			value: duration(func(x *Summary) time.Duration { return x.P50 }),
			low:   duration(func(x *Summary) time.Duration { return x.P50Low }),
			high:  duration(func(x *Summary) time.Duration { return x.P50High }),
		},
		{
			title: "latency, p99", text: nanoseconds, logarithmic: true,
			value: duration(func(x *Summary) time.Duration { return x.P99 }),
			low:   duration(func(x *Summary) time.Duration { return x.P99Low }),
			high:  duration(func(x *Summary) time.Duration { return x.P99High }),
		},
		{title: "processor time of the server for a request", text: nanoseconds, value: cpu, low: cpu, high: cpu},
		{
			title: "processor time of the database for a request", text: nanoseconds, floor: true,
			value: databaseCPU, low: databaseCPU, high: databaseCPU,
		},
		{title: "peak memory of the server", text: megabytes, value: peak, low: peak, high: peak},
	}
}

// curve is one target's line: the indexes of its scenarios, and the results there.
type curve struct {
	name, class string
	at          []int
	points      []*Summary
}

// curves returns a line for each target, and for the floor if floor is set.
func (r *Report) curves(floor bool) []*curve {
	var all []*curve
	find := func(name, class string) *curve {
		for _, c := range all {
			if c.name == name {
				return c
			}
		}
		all = append(all, &curve{name: name, class: class})
		return all[len(all)-1]
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		for n := range s.Results {
			c := find(s.Results[n].Target, series(n))
			c.at, c.points = append(c.at, i), append(c.points, &s.Results[n])
		}
	}
	for i := range r.Scenarios {
		if s := &r.Scenarios[i]; floor && s.Floor != nil {
			c := find(s.Floor.Target, "floor")
			c.at, c.points = append(c.at, i), append(c.points, s.Floor)
		}
	}
	return all
}

// lines draws one measure over the varied parameter. The values are evenly spaced, because they mostly grow by a
// factor.
func (r *Report) lines(m measure) *figure {
	f := &figure{Title: m.title + " over " + r.Over, Width: plotWidth, Height: plotHeight}
	all := r.curves(m.floor)
	axis := m.scale(all)
	for _, v := range axis.ticks() {
		f.line(plotLeft, axis.at(v), plotRight, axis.at(v), "grid")
		f.text(plotLeft-8, axis.at(v)+4, "end", "tick", m.text(v))
	}
	x := func(i int) float64 {
		return plotLeft + (float64(i)+0.5)*(plotRight-plotLeft)/float64(max(len(r.Scenarios), 1))
	}
	for i, s := range r.Scenarios {
		f.line(x(i), plotBottom, x(i), plotBottom+4, "axis")
		f.text(x(i), plotBottom+18, "middle", "tick", strconv.FormatFloat(s.At, 'g', -1, 64))
	}
	f.line(plotLeft, plotBottom, plotRight, plotBottom, "axis")
	f.text((plotLeft+plotRight)/2, plotBottom+38, "middle", "tick", unit(r.Over))
	legend := plotLeft
	for _, c := range all {
		f.draw(c, m, axis, x)
		f.line(legend, 14, legend+18, 14, "curve "+c.class)
		f.text(legend+24, 18, "start", "name", c.name)
		legend += 44 + 7.5*float64(len(c.name))
	}
	return f
}

// draw draws a target's line through its points, with whiskers.
func (f *figure) draw(c *curve, m measure, axis scale, x func(int) float64) {
	var points strings.Builder
	for n, p := range c.points {
		v := m.value(p)
		if v == 0 && m.logarithmic {
			continue
		}
		at, y := x(c.at[n]), axis.at(v)
		fmt.Fprintf(&points, "%.1f,%.1f ", at, y)
		f.line(at, axis.at(m.low(p)), at, axis.at(m.high(p)), "whisker")
		f.dot(at, y, 3.5, c.class, c.name+": "+m.text(v))
	}
	f.Curves = append(f.Curves, polyline{strings.TrimSpace(points.String()), "curve " + c.class})
}

// scale returns a vertical scale that covers everything to be drawn.
func (m *measure) scale(all []*curve) scale {
	least, most := 0.0, 0.0
	for _, c := range all {
		for _, p := range c.points {
			most = max(most, m.value(p), m.high(p))
			if v := m.low(p); v > 0 && (least == 0 || v < least) {
				least = v
			}
		}
	}
	if m.logarithmic {
		return logarithmic(least, most, plotBottom, plotTop)
	}
	return linear(most, plotBottom, plotTop)
}

// unit returns the unit of the numbers of a curve.
func unit(over string) string {
	switch over {
	case "delay":
		return "delay of each direction, ms"
	case "rate":
		return "requests offered in a second"
	default:
		return over
	}
}

func megabytes(v float64) string { return thousands(v/1e6) + " MB" }
