package request

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"trunkline/planner/apierr"
)

// trace holds the error that a Parsec parser would report after the rules that a scanner has run so far: what was
// unexpected, and what was expected, at the furthest position where a rule failed since something was last consumed.
//
// It is used twice: first to find the position of the error, without any messages, then to collect the messages about
// that position. Earlier failures cannot contribute to them.
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

// messageKind is the kind of a message. Errors show the kinds in this order.
type messageKind uint8

const (
	// systemUnexpected is a token that no rule accepts, or "" for the end of the text.
	systemUnexpected messageKind = iota
	// ruleUnexpected is something that must not follow a rule. It hides systemUnexpected messages.
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

// reset sets the error to unknown, its state after something was consumed, and returns the previous one.
func (t *trace) reset(pos int) parseError {
	before := t.err
	t.err = parseError{pos: pos}
	return before
}

// merge adds the error of an earlier rule to that of a later one.
func (t *trace) merge(earlier parseError) { t.err = earlier.and(t.err) }

// and merges two errors. A known error takes precedence over an unknown one, and a later position over an earlier one;
// at the same position both count.
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

// with adds messages without duplicates. Only the first of several unexpected tokens is kept.
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

// unexpected records that none of wanted comes next.
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

// unexpectedChar records that c does not come next.
func (t *trace) unexpectedChar(s *scanner, c byte) {
	if !t.wants(s.pos) {
		t.note(s.pos)
		return
	}
	t.unexpected(s, quoteToken(rune(c)))
}

// unexpectedInWord records that only the first same bytes of word come next. The position is the beginning of the word,
// the unexpected token its first character that differs.
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

// atEnd records that the end of the text was expected.
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

// mustNotFollow records that the next character is not allowed.
func (t *trace) mustNotFollow(s *scanner) {
	_, size := utf8.DecodeRuneInString(s.text[s.pos:])
	pos := s.pos + size
	if !t.wants(pos) {
		t.note(pos)
		return
	}
	t.add(pos, message{ruleUnexpected, charAt(s.text, s.pos)})
}

// failure returns the error for the client. what names the text that did not parse.
func (e parseError) failure(text, what string) *apierr.Error {
	line, column := position(text[:e.pos])
	message := `"failed to parse ` + what + `" (line ` + strconv.Itoa(line) + ", column " + strconv.Itoa(column) + ")"
	return apierr.InvalidQuery(message, e.details())
}

// details formats the messages like Parsec's showErrorMessages, on one line.
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
