package request

import (
	"math"
	"strings"
)

// window is a range of row numbers from first to last, without end if it is open. It is empty if last < first.
type window struct {
	first, last int64
	open        bool
}

// everything is the window of every row.
func everything() window { return window{open: true} }

func (w window) empty() bool { return !w.open && w.last < w.first }

// zero reports whether the window is that of limit=0 without an offset.
func (w window) zero() bool { return !w.open && w.last == -1 }

// and returns the intersection of two windows.
func (w window) and(v window) window {
	switch {
	case w.empty() || v.empty():
		return window{first: 0, last: -1}
	case w.open:
		w.last, w.open = v.last, v.open
	case !v.open:
		w.last = min(w.last, v.last)
	}
	w.first = max(w.first, v.first)
	return w
}

// rows returns the window as an offset and a number of rows.
func (w window) rows() Range {
	switch {
	case w.open:
		return Range{Offset: w.first, Limit: NoLimit}
	case w.last < w.first-1:
		return Range{Offset: w.first, Limit: NegativeLimit}
	default:
		return Range{Offset: w.first, Limit: saturatingAdd(saturatingAdd(w.last, -w.first), 1)}
	}
}

// limitWindow returns the window of limit= alone. A value that is not a number is ignored.
func limitWindow(value string) window {
	n, ok := parseInteger(value)
	if !ok {
		return everything()
	}
	return window{last: saturatingAdd(n, -1)}
}

// withOffset moves the window to start at offset=, unless that is not a number. An open window remains open, unless a
// limit that is not a number was given, which then counts as 0.
func (w window) withOffset(value string, hasLimit bool) window {
	n, ok := parseInteger(value)
	switch {
	case !hasLimit:
		return window{first: n, open: true}
	case !ok:
		n = 0
	}
	limit := int64(0)
	if !w.open {
		limit = saturatingAdd(w.last, 1)
	}
	return window{first: n, last: saturatingAdd(saturatingAdd(n, limit), -1)}
}

// parseInteger parses a decimal number with white space around it. Numbers beyond 64 bits become the largest or
// smallest one.
func parseInteger(s string) (int64, bool) {
	s = strings.TrimFunc(s, isSpace)
	digits, negative := strings.CutPrefix(s, "-")
	digits = strings.TrimLeftFunc(digits, isSpace)
	if digits == "" || countDigits(digits) < len(digits) {
		return 0, false
	}
	n := int64(0)
	for i := range len(digits) {
		d := int64(digits[i] - '0')
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			break
		}
		n = n*10 + d
	}
	if negative {
		n = -n
	}
	return n, true
}

func saturatingAdd(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	default:
		return a + b
	}
}
