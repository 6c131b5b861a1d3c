package pgsql

import (
	"strings"

	"trunkline/planner"
	"trunkline/planner/request"
)

// AppendText appends the text of the statement that [Main] returns, with values in the place of parameters, so that it
// can be run as it is. Values must not contain NUL, except those that are binary. A prepared statement may still have
// another plan: PostgreSQL does not know the values when it makes a generic one.
func AppendText(dst []byte, p *planner.Plan) []byte {
	w := newWriter()
	w.constants = true
	w.printed(p)
	dst = append(dst, w.sql...)
	w.release()
	return dst
}

// printed writes a main statement, and ends it.
func (w *writer) printed(p *planner.Plan) {
	if m := p.Explained(); m != nil {
		w.explain(m)
	}
	w.main(p, Options{})
	w.text(";")
}

// Examine returns a statement that has PostgreSQL check the one that [Main] returns, the role's privileges included,
// and plan it, without running it.
func Examine(p *planner.Plan) Statement {
	w := newWriter()
	w.explain(&request.PlanMedia{})
	w.main(p, Options{})
	return w.statement()
}

// Script is the transaction of a request, to be printed.
type Script struct {
	Session *Session
	// Hidden names what is not shown, because it may be secret.
	Hidden     []string
	PreRequest Statement
	Plan       *planner.Plan
	// Isolation is the isolation level, or "" for that of the database. Rollback is set if nothing is kept.
	Isolation string
	Rollback  bool
}

// Text returns the text of the transaction for psql, with values in the place of parameters.
func (s *Script) Text() string {
	w := newWriter()
	w.constants = true
	w.text("BEGIN")
	if s.Isolation != "" {
		w.text(" ISOLATION LEVEL ")
		w.text(isolationLevel(s.Isolation))
	}
	w.text(";\n")
	for _, name := range s.Hidden {
		w.comment("not shown: " + name)
	}
	w.session(s.Session)
	w.text(";\n")
	if !s.PreRequest.Empty() {
		w.sql = append(append(w.sql, s.PreRequest.SQL...), ";\n"...)
	}
	w.printed(s.Plan)
	if s.Rollback {
		w.text("\nROLLBACK;\n")
	} else {
		w.text("\nCOMMIT;\n")
	}
	return w.statement().SQL
}

// isolationLevel returns the level with a name, in SQL.
func isolationLevel(name string) constant {
	switch name {
	case "serializable":
		return "SERIALIZABLE"
	case "repeatable read":
		return "REPEATABLE READ"
	default:
		return "READ COMMITTED"
	}
}

// comment writes a line that is a comment.
func (w *writer) comment(text string) {
	w.text("/* ")
	w.sql = append(w.sql, strings.Map(printable, text)...)
	w.text(" */\n")
}

// printable replaces what could end a comment, or begin one inside it.
func printable(r rune) rune {
	if r < ' ' || r == '*' || r == '/' {
		return '?'
	}
	return r
}
