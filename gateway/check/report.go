package check

import (
	"fmt"
	"strings"
)

// Grade says how important a finding is.
type Grade uint8

// The grades.
const (
	// OK is right as it is. A Note is good to know.
	OK Grade = iota
	Note
	// Warning is something to do. Requests are served, but not all, or not as they should.
	Warning
	// Error keeps the gateway from starting, or from answering any request.
	Error
)

// String returns the grade as it is printed.
func (g Grade) String() string { return [...]string{"ok", "note", "warning", "error"}[g] }

// finding is one thing that was looked at.
type finding struct {
	grade Grade
	text  string
	// todo is what to do, or "".
	todo string
}

// group is what was found about a part.
type group struct {
	title    string
	findings []finding
}

func (g *group) add(grade Grade, text, todo string) {
	g.findings = append(g.findings, finding{grade, text, todo})
}

func (g *group) ok(format string, args ...any)   { g.add(OK, fmt.Sprintf(format, args...), "") }
func (g *group) note(format string, args ...any) { g.add(Note, fmt.Sprintf(format, args...), "") }

// warnings adds warnings of a configuration. A line without the word WARNING belongs to the warning before it.
func (g *group) warnings(lines []string) {
	for _, line := range lines {
		text, first := strings.CutPrefix(line, "WARNING: ")
		if n := len(g.findings); !first && n > 0 {
			last := &g.findings[n-1]
			last.todo = strings.TrimSpace(last.todo + " " + text)
			continue
		}
		g.add(Warning, text, "")
	}
}

// Report is all that was found.
type Report struct{ groups []*group }

// group begins a group.
func (r *Report) group(title string) *group {
	g := &group{title: title}
	r.groups = append(r.groups, g)
	return g
}

// count returns the number of findings of a grade.
func (r *Report) count(grade Grade) (n int) {
	for _, g := range r.groups {
		for _, f := range g.findings {
			if f.grade == grade {
				n++
			}
		}
	}
	return n
}

// Worst returns the highest grade that was found.
func (r *Report) Worst() Grade {
	for grade := Error; grade > OK; grade-- {
		if r.count(grade) > 0 {
			return grade
		}
	}
	return OK
}

// Text returns the report as lines, and at the end what it amounts to.
func (r *Report) Text() string {
	var out strings.Builder
	for _, g := range r.groups {
		out.WriteString(g.title + "\n")
		for _, f := range g.findings {
			fmt.Fprintf(&out, "  %-8s %s\n", f.grade, f.text)
			if f.todo != "" {
				fmt.Fprintf(&out, "  %-8s To do: %s\n", "", f.todo)
			}
		}
		out.WriteString("\n")
	}
	warnings, errors := counted(r.count(Warning), "warning"), counted(r.count(Error), "error")
	switch r.Worst() {
	case Error:
		out.WriteString(errors + " and " + warnings + ": the gateway would not start, or could not serve requests.\n")
	case Warning:
		out.WriteString(warnings + ": the gateway would start.\n")
	default:
		out.WriteString("There is nothing to do: the gateway would start.\n")
	}
	return out.String()
}

// counted returns a number with a noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
