package request

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner scans one text of the query string. Each rule of the grammar is a method that reports whether it matched, and
// advances pos past what it consumed.
//
// The rules follow Parsec, whose error texts are part of the API. A rule that fails leaves pos unchanged if it consumed
// nothing, and advanced otherwise; only in the first case may another rule be tried instead. A rule that starts with
// mark and ends with try fails without consuming anything.
//
// Text is first scanned without a trace. If that fails, it is scanned again with one, to find the error that Parsec
// would report. Only the methods here and in trace.go, and a few shortcuts, use the trace.
type scanner struct {
	text  string
	pos   int
	trace *trace // nil in the first pass
	usage usage
	depth int  // of nested embeds or logic trees
	ahead bool // only to know whether a rule matches
}

// mark is a position to which try and lookAhead return, with the error before it.
type mark struct {
	pos int
	err parseError
}

// mark starts a rule that try, lookAhead or label ends.
func (s *scanner) mark() mark {
	if s.trace == nil {
		return mark{pos: s.pos}
	}
	return mark{s.pos, s.trace.reset(s.pos)}
}

// try ends the rule that started at m. If it failed, nothing counts as consumed.
func (s *scanner) try(m mark, ok bool) bool {
	if !ok {
		s.pos = m.pos
	}
	if s.trace != nil && s.pos == m.pos {
		s.trace.merge(m.err)
	}
	return ok
}

// lookAhead ends the rule that started at m without consuming anything, whether or not it matched.
func (s *scanner) lookAhead(m mark, ok bool) bool {
	s.pos = m.pos
	if s.trace != nil {
		if ok {
			s.trace.err = m.err
		} else {
			s.trace.merge(m.err)
		}
	}
	return ok
}

// label ends the rule that started at m. If it consumed nothing, its name is what was expected.
func (s *scanner) label(m mark, ok bool, name string) bool {
	if s.trace != nil && s.pos == m.pos {
		s.trace.relabel(ok, name)
		s.trace.merge(m.err)
	}
	return ok
}

// again separates the rounds of a repetition. Errors of a round that matched are dropped.
func (s *scanner) again() {
	if s.trace != nil {
		s.trace.reset(s.pos)
	}
}

// took advances past n bytes that matched.
func (s *scanner) took(n int) {
	s.pos += n
	if s.trace != nil {
		s.trace.reset(s.pos)
	}
}

// char matches one character.
func (s *scanner) char(c byte) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.took(1)
		return true
	}
	if s.trace != nil {
		s.trace.unexpectedChar(s, c)
	}
	return false
}

// charFold matches an ASCII letter in either case. Parsec has no such parser: it is lower case, or else upper case.
func (s *scanner) charFold(lower byte) bool {
	return s.char(lower) || s.char(byte(unicode.ToUpper(rune(lower))))
}

// word matches a word. A partial match counts as consumed.
func (s *scanner) word(w string) bool {
	rest := s.text[s.pos:]
	if strings.HasPrefix(rest, w) {
		s.took(len(w))
		return true
	}
	same := 0
	for same < len(rest) && rest[same] == w[same] {
		same++
	}
	if s.trace != nil {
		s.trace.unexpectedInWord(s, w, same)
	}
	s.pos += same
	return false
}

// tryWord is word, but consumes nothing if it fails.
func (s *scanner) tryWord(w string) bool {
	if s.trace == nil {
		// Fast path: most words are not there.
		if !strings.HasPrefix(s.text[s.pos:], w) {
			return false
		}
		s.pos += len(w)
		return true
	}
	m := s.mark()
	return s.try(m, s.word(w))
}

// tryWordFold is tryWord in either case.
func (s *scanner) tryWordFold(lower string) bool {
	m := s.mark()
	for i := range len(lower) {
		if !s.charFold(lower[i]) {
			return s.try(m, false)
		}
	}
	return s.try(m, true)
}

// dot matches a delimiter.
func (s *scanner) dot() bool {
	m := s.mark()
	return s.label(m, s.char('.'), "delimiter (.)")
}

// tryWordDot matches a word and a delimiter. It consumes nothing if it fails.
func (s *scanner) tryWordDot(w string) bool {
	if s.cannot(w) {
		return false
	}
	m := s.mark()
	return s.try(m, s.word(w) && s.dot())
}

// tryDotWord matches a delimiter and a word. It consumes nothing if it fails.
func (s *scanner) tryDotWord(w string) bool {
	if s.cannot(".") {
		return false
	}
	m := s.mark()
	return s.try(m, s.dot() && s.word(w))
}

// cannot is a shortcut of the first pass: it reports whether something other than w comes next.
func (s *scanner) cannot(w string) bool {
	return s.trace == nil && !strings.HasPrefix(s.text[s.pos:], w)
}

// peek reports whether a word comes next. It consumes nothing.
func (s *scanner) peek(w string) bool {
	if s.trace == nil {
		return strings.HasPrefix(s.text[s.pos:], w) // Fast path
	}
	m := s.mark()
	return s.lookAhead(m, s.word(w))
}

// end reports whether the text ends here.
func (s *scanner) end() bool {
	if s.trace != nil {
		s.trace.atEnd(s)
	}
	return s.pos == len(s.text)
}

// noneOf consumes characters up to one of set, and reports whether there were any.
func (s *scanner) noneOf(set string) bool {
	n := strings.IndexAny(s.text[s.pos:], set)
	if n < 0 {
		n = len(s.text) - s.pos
	}
	return s.run(n)
}

// blanks consumes spaces and tabs.
func (s *scanner) blanks() {
	end := s.pos
	for end < len(s.text) && (s.text[end] == ' ' || s.text[end] == '\t') {
		end++
	}
	s.run(end - s.pos)
}

// digits consumes ASCII digits and reports whether there were any.
func (s *scanner) digits() bool {
	return s.run(countDigits(s.text[s.pos:]), "digit")
}

// run consumes n bytes. The character after them is not one of those expected.
func (s *scanner) run(n int, expected ...string) bool {
	if n > 0 {
		s.took(n)
	}
	if s.trace != nil {
		s.trace.unexpected(s, expected...)
	}
	return n > 0
}

// onlyBefore reports whether one of set, or the end, comes next. It consumes nothing.
func (s *scanner) onlyBefore(set string) bool {
	ok := s.pos == len(s.text) || strings.IndexByte(set, s.text[s.pos]) >= 0
	if s.trace != nil {
		if ok {
			s.trace.unexpected(s)
		} else {
			s.trace.mustNotFollow(s)
		}
	}
	return ok
}

// notBefore reports whether the character c does not come next. It consumes nothing.
func (s *scanner) notBefore(c byte) bool {
	ok := s.pos == len(s.text) || s.text[s.pos] != c
	if s.trace != nil {
		if ok {
			s.trace.unexpectedChar(s, c)
		} else {
			s.trace.mustNotFollow(s)
		}
	}
	return ok
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isSpace reports whether r is white space as in Haskell: the Unicode category Zs and, of the control characters, tab
// to CR.
func isSpace(r rune) bool {
	return r == ' ' || r >= '\t' && r <= '\r' || r >= utf8.RuneSelf && unicode.Is(unicode.Zs, r)
}
