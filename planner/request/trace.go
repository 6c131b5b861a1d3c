package request

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"trunkline/planner/apierr"
)

// trace keeps the error that a Parsec parser would report after the rules that a scanner has run so far: what came
// unexpectedly, and what was expected, at the furthest place where a rule failed since something was last taken.
//
// It is used twice: first to find the place of the error, without any messages, then to collect the messages about
// that place and those behind it. What failed before is known to be of no interest then.
type trace struct {
	err     parseError
	collect bool
	place   int
}

// parseError is Parsec's ParseError: messages about one place, a byte offset. It is unknown until a rule fails.
type parseError struct {
	pos      int
	known    bool
	messages *[]message // never changed, because marks share them; nil if they are not collected
}

// message is Parsec's Message.
type message struct {
	kind messageKind
	text string
}

// messageKind is the kind of a message; errors show them in this order.
type messageKind uint8

const (
	// systemUnexpected is a token that no rule takes, "" for the end of the text.
	systemUnexpected messageKind = iota
	// ruleUnexpected is something that a rule must not be followed by. It hides what is systemUnexpected.
	ruleUnexpected
	expected
)

// explain runs a rule that fails on text, and returns the error.
func explain(text string, limits Limits, rule func(*scanner)) parseError {
	run := func(t trace) parseError {
		s := scanner{text: text, trace: &t, usage: usage{limits: limits}}
		rule(&s)
		return t.err
	}
	return run(trace{collect: true, place: run(trace{}).pos})
}

// reset makes the error unknown, as it is after something was taken, and returns what it was.
func (t *trace) reset(pos int) parseError {
	before := t.err
	t.err = parseError{pos: pos}
	return before
}

// merge adds the error of an earlier rule to that of a later one.
func (t *trace) merge(earlier parseError) { t.err = earlier.and(t.err) }

// and merges two errors: a known one counts more than an unknown one, a further one more than the other; of two at one
// place both count.
func (e parseError) and(later parseError) parseError {
	switch {
	case e.known != later.known && e.known, e.known == later.known && e.pos > later.pos:
		return e
	case e.known != later.known || e.pos < later.pos || e.messages == nil:
		return later
	case later.messages == nil:
		return e
	default:
		return e.with(*later.messages)
	}
}

// with adds messages. Repeated ones are of no interest, and of several tokens that came unexpectedly only the first.
func (e parseError) with(later []message) parseError {
	messages := slices.Clip(*e.messages)
	for _, m := range later {
		known := func(n message) bool { return n == m || n.kind == m.kind && m.kind == systemUnexpected }
		if !slices.ContainsFunc(messages, known) {
			messages = append(messages, m)
		}
	}
	return parseError{e.pos, true, &messages}
}

// wants reports whether messages about pos are collected.
func (t *trace) wants(pos int) bool { return t.collect && pos >= t.place }

// note merges an error at pos without messages.
func (t *trace) note(pos int) { t.err = t.err.and(parseError{pos: pos, known: true}) }

// add merges messages about pos into the error.
func (t *trace) add(pos int, messages ...message) {
	t.err = t.err.and(parseError{pos, true, &messages})
}

// relabel replaces what was expected by name. A rule that matched without any error has nothing to replace.
func (t *trace) relabel(ok bool, name string) {
	if ok && !t.err.known {
		return
	}
	t.err.known = true
	if !t.wants(t.err.pos) {
		return
	}
	messages := []message{{expected, name}}
	for _, m := range t.err.all() {
		if m.kind != expected {
			messages = append(messages, m)
		}
	}
	t.err.messages = &messages
}

// unexpected notes that what comes next is none of wanted.
func (t *trace) unexpected(s *scanner, wanted ...string) {
	if !t.wants(s.pos) {
		t.note(s.pos)
		return
	}
	messages := []message{{systemUnexpected, tokenAt(s.text, s.pos)}}
	for _, w := range wanted {
		messages = append(messages, message{expected, w})
	}
	t.add(s.pos, messages...)
}

// unexpectedChar notes that c does not come next.
func (t *trace) unexpectedChar(s *scanner, c byte) {
	if !t.wants(s.pos) {
		t.note(s.pos)
		return
	}
	t.unexpected(s, quoteToken(rune(c)))
}

// unexpectedInWord notes that only the first same bytes of word come next. The place is the word's beginning, what
// came unexpectedly the first character that differs.
func (t *trace) unexpectedInWord(s *scanner, word string, same int) {
	if same > 0 {
		t.reset(s.pos)
	}
	if !t.wants(s.pos) {
		t.note(s.pos)
		return
	}
	t.add(s.pos, message{systemUnexpected, tokenAt(s.text, s.pos+same)}, message{expected, `"` + word + `"`})
}

// atEnd notes that the end of the text was expected.
func (t *trace) atEnd(s *scanner) {
	switch {
	case !t.wants(s.pos):
		t.note(s.pos)
	case s.pos == len(s.text):
		t.add(s.pos, message{systemUnexpected, ""}, message{expected, "end of input"})
	default:
		t.add(s.pos, message{ruleUnexpected, charAt(s.text, s.pos)}, message{expected, "end of input"})
	}
}

// mustNotFollow notes that the character that comes next must not.
func (t *trace) mustNotFollow(s *scanner) {
	_, size := utf8.DecodeRuneInString(s.text[s.pos:])
	pos := s.pos + size
	if !t.wants(pos) {
		t.note(pos)
		return
	}
	t.add(pos, message{ruleUnexpected, charAt(s.text, s.pos)})
}

// failure is the error for the client. What names the text that did not parse.
func (e parseError) failure(text, what string) *apierr.Error {
	line, column := position(text[:e.pos])
	message := `"failed to parse ` + what + `" (line ` + strconv.Itoa(line) + ", column " + strconv.Itoa(column) + ")"
	return apierr.InvalidQuery(message, e.details())
}

// details words the messages as Parsec's showErrorMessages does, on one line.
func (e parseError) details() string {
	var parts []string
	if u := e.texts(ruleUnexpected); len(u) > 0 {
		parts = append(parts, "unexpected "+enumerate(u))
	} else if u := e.texts(systemUnexpected); len(u) > 0 {
		parts = append(parts, "unexpected "+cmp.Or(u[0], "end of input"))
	}
	if wanted := e.texts(expected); len(wanted) > 0 {
		parts = append(parts, "expecting "+enumerate(wanted))
	}
	if len(parts) == 0 {
		return "unknown parse error"
	}
	return strings.Join(parts, " ")
}

// all returns the messages.
func (e parseError) all() []message {
	if e.messages == nil {
		return nil
	}
	return *e.messages
}

// texts returns the texts of a kind in order, each once.
func (e parseError) texts(kind messageKind) []string {
	var texts []string
	for _, m := range e.all() {
		if m.kind == kind && !slices.Contains(texts, m.text) {
			texts = append(texts, m.text)
		}
	}
	return texts
}

// enumerate joins texts with commas and a final "or".
func enumerate(texts []string) string {
	last := len(texts) - 1
	if last == 0 {
		return texts[0]
	}
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}
