package typegen

import (
	"fmt"
	"strings"
)

// text is indented lines.
type text struct {
	strings.Builder
	unit  string // of indentation
	depth int
}

// line adds a line at the current depth.
func (t *text) line(format string, args ...any) {
	line := format
	if len(args) > 0 {
		line = fmt.Sprintf(format, args...)
	}
	if line != "" {
		t.WriteString(strings.Repeat(t.unit, t.depth))
	}
	t.WriteString(line + "\n")
}

// block adds a line, what inner adds one level deeper, and a last line.
func (t *text) block(first, last string, inner func()) {
	t.line("%s", first)
	t.depth++
	inner()
	t.depth--
	t.line("%s", last)
}

// commentLines splits a comment at what any of the languages takes for the end of a line.
func commentLines(comment string) []string {
	lines := strings.FieldsFunc(comment, func(r rune) bool {
		switch r {
		case '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
			return true
		}
		return false
	})
	for i, line := range lines {
		lines[i] = strings.TrimSpace(strings.Map(withoutControl, line))
	}
	return lines
}

// withoutControl removes control characters, and those that change the direction of what is shown.
func withoutControl(r rune) rune {
	if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		return -1
	}
	return r
}
