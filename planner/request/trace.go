package request

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"trunkline/planner/apierr"
)

// trace keeps the error that a Parsec parser would report after the rules that a scanner has run so far: what came
// unexpectedly, and what was expected, at the furthest place where a rule failed since something was last taken.
type trace struct{ err *parseError }

// newTrace returns a trace at the beginning of a text.
func newTrace() *trace { return &trace{&parseError{}} }

// parseError is Parsec's ParseError: messages about one place, a byte offset. Without messages it is unknown. It is
// never changed, because marks share it.
type parseError struct {
	pos      int
	messages []message
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

// reset makes the error unknown, as it is after something was taken, and returns what it was.
func (t *trace) reset(pos int) *parseError {
	before := t.err
	t.err = &parseError{pos: pos}
	return before
}

// merge adds the error of an earlier rule to that of a later one: the further one counts, of two at one place both.
func (t *trace) merge(earlier *parseError) { t.err = earlier.and(t.err) }

func (e *parseError) and(later *parseError) *parseError {
	switch {
	case len(later.messages) == 0 && len(e.messages) > 0:
		return e
	case len(e.messages) == 0 && len(later.messages) > 0:
		return later
	case e.pos > later.pos:
		return e
	case e.pos < later.pos:
		return later
	default:
		return &parseError{e.pos, slices.Concat(e.messages, later.messages)}
	}
}

// add merges messages about pos into the error.
func (t *trace) add(pos int, kind messageKind, text string, wanted ...string) {
	messages := make([]message, 0, 1+len(wanted))
	messages = append(messages, message{kind, text})
	for _, w := range wanted {
		messages = append(messages, message{expected, w})
	}
	t.err = t.err.and(&parseError{pos, messages})
}

// relabel replaces what was expected by name. A rule that matched without any error has nothing to replace.
func (t *trace) relabel(ok bool, name string) {
	if ok && len(t.err.messages) == 0 {
		return
	}
	messages := []message{{expected, name}}
	for _, m := range t.err.messages {
		if m.kind != expected {
			messages = append(messages, m)
		}
	}
	t.err = &parseError{t.err.pos, messages}
}

// unexpected notes that what comes next is none of wanted.
func (t *trace) unexpected(s *scanner, wanted ...string) {
	t.add(s.pos, systemUnexpected, tokenAt(s.text, s.pos), wanted...)
}

// unexpectedInWord notes that only the first same bytes of word come next. The place is the word's beginning, what
// came unexpectedly the first character that differs.
func (t *trace) unexpectedInWord(s *scanner, word string, same int) {
	if same > 0 {
		t.reset(s.pos)
	}
	t.add(s.pos, systemUnexpected, tokenAt(s.text, s.pos+same), `"`+word+`"`)
}

// atEnd notes that the end of the text was expected.
func (t *trace) atEnd(s *scanner) {
	if s.pos == len(s.text) {
		t.add(s.pos, systemUnexpected, "", "end of input")
		return
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	t.add(s.pos, ruleUnexpected, quoteChar(r), "end of input")
}

// notFollowed notes that the character that comes next may come (ok), being none of wanted, or that it may not.
func (t *trace) notFollowed(s *scanner, ok bool, wanted ...string) {
	if ok {
		t.unexpected(s, wanted...)
		return
	}
	r, size := utf8.DecodeRuneInString(s.text[s.pos:])
	t.err = t.err.and(&parseError{s.pos + size, []message{{ruleUnexpected, quoteChar(r)}}})
}

// failure is the error for the client. What names the text that did not parse.
func (t *trace) failure(text, what string) *apierr.Error {
	line, column := position(text[:t.err.pos])
	message := `"failed to parse ` + what + `" (line ` + strconv.Itoa(line) + ", column " + strconv.Itoa(column) + ")"
	return apierr.InvalidQuery(message, t.err.details())
}

// details words the messages as Parsec's showErrorMessages does, on one line.
func (e *parseError) details() string {
	var parts []string
	if u := e.first(ruleUnexpected); u != nil {
		parts = append(parts, "unexpected "+enumerate(e.texts(ruleUnexpected)))
	} else if u := e.first(systemUnexpected); u != nil {
		token := u.text
		if token == "" {
			token = "end of input"
		}
		parts = append(parts, "unexpected "+token)
	}
	if wanted := e.texts(expected); len(wanted) > 0 {
		parts = append(parts, "expecting "+enumerate(wanted))
	}
	if len(parts) == 0 {
		return "unknown parse error"
	}
	return strings.Join(parts, " ")
}

// first returns the first message of a kind, nil if there is none.
func (e *parseError) first(kind messageKind) *message {
	for i := range e.messages {
		if e.messages[i].kind == kind {
			return &e.messages[i]
		}
	}
	return nil
}

// texts returns the texts of a kind in order, each once.
func (e *parseError) texts(kind messageKind) []string {
	var texts []string
	for _, m := range e.messages {
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

// position returns the line and column behind text, counted in characters from 1. A tab moves to the next multiple of
// eight, as in Parsec.
func position(text string) (line, column int) {
	line, column = 1, 1
	for _, r := range text {
		switch r {
		case '\n':
			line++
			column = 1
		case '\t':
			column += 8 - (column-1)%8
		default:
			column++
		}
	}
	return line, column
}

// tokenAt quotes the character at pos as Haskell shows a string of it, "" at the end.
func tokenAt(text string, pos int) string {
	if pos == len(text) {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text[pos:])
	return quoteToken(r)
}

// quoteToken shows a character as Haskell shows a string of it.
func quoteToken(r rune) string {
	if r == '"' {
		return `"\""`
	}
	return `"` + escapeRune(r) + `"`
}

// quoteChar shows a character as Haskell does.
func quoteChar(r rune) string {
	if r == '\'' {
		return `'\''`
	}
	return "'" + escapeRune(r) + "'"
}

// escapeRune escapes a character as Haskell does (Haskell 2010 report, section 2.6).
func escapeRune(r rune) string {
	controls := [...]string{
		"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a", "b", "t", "n", "v", "f", "r", "SO", "SI",
		"DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
	}
	switch {
	case int(r) < len(controls):
		return `\` + controls[r]
	case r == '\\':
		return `\\`
	case r < 0x7f:
		return string(r)
	case r == 0x7f:
		return `\DEL`
	default:
		return `\` + strconv.Itoa(int(r))
	}
}
