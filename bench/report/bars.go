package report

import (
	"strconv"
	"time"
)

// The dimensions of a figure with one row per target.
const (
	rowsWidth  = 560.0
	rowsLeft   = 110.0 // where rows begin, to the right of the targets' names
	rowsRight  = 480.0 // where they end; values are written to the right
	rowsTop    = 30.0
	rowHeight  = 26.0
	axisHeight = 24.0
)

// rowsFigure returns a figure for n rows, without an axis.
func rowsFigure(title string, n int) *figure {
	return &figure{Title: title, Width: rowsWidth, Height: rowsTop + float64(n)*rowHeight + axisHeight}
}

// bottomAxis draws the ticks of a horizontal scale below the rows.
func (f *figure) bottomAxis(s scale, text func(float64) string) {
	bottom := f.Height - axisHeight
	for _, v := range s.ticks() {
		x := s.at(v)
		f.line(x, rowsTop-4, x, bottom, "grid")
		f.text(x, bottom+15, "middle", "tick", text(v))
	}
}

// throughput draws a bar for the rate of each target, with whiskers from the worst round to the best, and a line at the
// floor.
func (s *Scenario) throughput() *figure {
	f := rowsFigure(s.Name+": requests in a second", len(s.Results))
	most := 0.0
	for _, x := range s.all() {
		most = max(most, x.High)
	}
	axis := linear(most, rowsLeft, rowsRight)
	f.bottomAxis(axis, thousands)
	for i, x := range s.Results {
		y := rowsTop + float64(i)*rowHeight
		f.text(rowsLeft-8, y+15, "end", "name", x.Target)
		f.rect(rowsLeft, y+3, axis.at(x.Rate)-rowsLeft, rowHeight-8, series(i), rate(x.Low)+"–"+rate(x.High))
		f.whisker(axis.at(x.Low), axis.at(x.High), y+rowHeight/2-1)
		f.text(rowsRight+10, y+15, "start", "value", thousands(x.Rate))
	}
	if s.Floor != nil {
		x := axis.at(s.Floor.Rate)
		f.rect(axis.at(s.Floor.Low), rowsTop-4, max(axis.at(s.Floor.High)-axis.at(s.Floor.Low), 1),
			float64(len(s.Results))*rowHeight+4, "floorspread", "")
		f.line(x, rowsTop-4, x, f.Height-axisHeight, "floor")
		f.text(min(x, rowsRight-30), rowsTop-10, "middle", "floortext", "floor "+thousands(s.Floor.Rate))
	}
	return f
}

// whisker draws a horizontal range with end marks.
func (f *figure) whisker(from, to, y float64) {
	f.line(from, y, to, y, "whisker")
	f.line(from, y-4, from, y+4, "whisker")
	f.line(to, y-4, to, y+4, "whisker")
}

// latency draws the percentiles of each target on a logarithmic axis.
func (s *Scenario) latency() *figure {
	f := rowsFigure(s.Name+": latency", len(s.Results))
	var least, most time.Duration
	for _, x := range s.Results {
		if least == 0 || x.P50 > 0 && x.P50 < least {
			least = x.P50
		}
		most = max(most, x.P50, x.P99, x.P999)
	}
	axis := logarithmic(float64(least), float64(most), rowsLeft+10, rowsRight)
	f.bottomAxis(axis, nanoseconds)
	f.text(rowsLeft, rowsTop-12, "start", "tick", "● p50   ○ p99   | p99.9")
	for i, x := range s.Results {
		y := rowsTop + float64(i)*rowHeight + rowHeight/2
		f.text(rowsLeft-8, y+4, "end", "name", x.Target)
		if x.P50 == 0 {
			continue
		}
		at := func(d time.Duration) float64 { return axis.at(float64(d)) }
		f.line(at(x.P50), y, at(x.P999), y, "range "+series(i))
		f.line(at(x.P999), y-6, at(x.P999), y+6, "range "+series(i))
		f.dot(at(x.P99), y, 5, "ring "+series(i), "p99 "+short(x.P99))
		f.dot(at(x.P50), y, 5, series(i), "p50 "+short(x.P50))
		f.text(rowsRight+10, y+4, "start", "value", short(x.P50))
	}
	return f
}

// nanoseconds formats a tick of a latency axis.
func nanoseconds(v float64) string {
	if v == 0 {
		return "0"
	}
	return short(time.Duration(v + 0.5))
}

// thousands formats a number with commas between groups of three digits, and with one decimal if it is small.
func thousands(v float64) string {
	if v != 0 && v < 10 && v != float64(int64(v)) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
