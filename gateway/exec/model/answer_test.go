package model

import (
	"fmt"
	"slices"
	"strings"

	"trunkline/planner/apierr"
)

// answer is the outcome of a job: an error, or a result.
type answer struct {
	err *apierr.Error

	total, pageTotal, planned, inserted string
	headers, status                     string
	location                            []string
	body                                string
	// streamed says that the body came as a stream, whole that it was read to its end, and streamErr why that ended.
	streamed, whole bool
	streamErr       error
}

// optional is a number as text, "null" if it is missing.
func optional(has bool, n int64) string {
	if !has {
		return "null"
	}
	return fmt.Sprint(n)
}

// head are all parts of a result but the body.
func (a answer) head() string {
	return fmt.Sprintf("total %s, page total %s, planned %s, inserted %s, headers %q, status %q, location %q",
		a.total, a.pageTotal, a.planned, a.inserted, a.headers, a.status, a.location)
}

// String returns the answer as text that is not too long.
func (a answer) String() string {
	if a.err != nil {
		return "error " + errorText(a.err)
	}
	text := a.head() + ", body " + shortened(a.body)
	if a.streamErr != nil {
		text += fmt.Sprintf(", and then the error %v", a.streamErr)
	}
	return text
}

// errorText is an error as the client sees it.
func errorText(e *apierr.Error) string {
	text := fmt.Sprintf("%d %s %q", e.Status, e.Code, e.Message)
	for _, part := range [...]any{e.Details, e.Hint} {
		if part != nil && part != "" {
			text += fmt.Sprintf(" %q", part)
		}
	}
	return text
}

func shortened(text string) string {
	if len(text) > 500 {
		return fmt.Sprintf("%q… of %d bytes", text[:500], len(text))
	}
	return fmt.Sprintf("%q", text)
}

// differs describes how an answer differs from the oracle's; "" means that it does not. Disturbed says that the stream
// may have ended early for another reason.
func (a answer) differs(want answer, disturbed bool) string {
	switch {
	case a.err != nil && want.err != nil:
		if errorText(a.err) == errorText(want.err) {
			return ""
		}
	case a.err != nil:
	case want.err != nil:
		// The statement failed after the stream had begun.
		if a.streamed && (a.streamErr != nil || !a.whole) && strings.HasPrefix(want.body, a.body) {
			return ""
		}
	case a.head() != want.head():
	case a.streamErr != nil && !disturbed:
	case a.whole && a.streamErr == nil:
		if a.body == want.body {
			return ""
		}
	case strings.HasPrefix(want.body, a.body):
		return ""
	}
	return fmt.Sprintf("answered\n      %v\n    instead of\n      %v", a, want)
}

// state are the rows of the tables, by slot.
type state map[int][]string

// differs describes how a state differs from the oracle's; "" means that it does not.
func (s state) differs(want state) string {
	var b strings.Builder
	for slot := range slots {
		if d := s.differsAt(want, slot); d != "" {
			fmt.Fprintf(&b, "    slot %d: %s\n", slot, d)
		}
	}
	return b.String()
}

func (s state) differsAt(want state, slot int) string {
	if slices.Equal(s[slot], want[slot]) {
		return ""
	}
	only := func(a, b []string) []string {
		return slices.DeleteFunc(slices.Clone(a), func(row string) bool { return slices.Contains(b, row) })
	}
	return fmt.Sprintf("holds %q instead of %q", only(s[slot], want[slot]), only(want[slot], s[slot]))
}
