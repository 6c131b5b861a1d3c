package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// PostgREST's configuration files have the syntax of the Haskell package configurator-pg:
//
//	file      = { directive newline }
//	directive = "import" string | key "=" value | key "{" { directive newline } "}" | "#;" directive
//	key       = word { "." word }        word = letter { letter | digit | "_" | "-" }
//	value     = string | number | "on" | "off" | "true" | "false" | "[" [ value { "," value } ] "]"
//
// A # starts a comment that ends with the line. #; comments out the directive that follows it.

// directive is a binding of a value, an import or a group.
type directive struct {
	line              int
	key               string
	value             any // string, bool, number or []any
	isImport, isGroup bool
	path              string      // of an import
	group             []directive // of a group
}

// number is a number in a configuration file, as it is written there.
type number string

// syntaxError is the position and the reason of a syntax error.
type syntaxError struct {
	file         string
	line, column int
	problem      string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.file, e.line, e.column, e.problem)
}

// maxNesting bounds how deep groups and lists are nested.
const maxNesting = 100

// parser parses one file. Its first error ends the parse; after it, methods return false.
type parser struct {
	file    string
	src     string
	pos     int
	nesting int
	err     *syntaxError
}

// parseFile parses the text of a configuration file.
func parseFile(file, text string) ([]directive, error) {
	p := &parser{file: file, src: text}
	if !utf8.ValidString(text) {
		p.pos = strings.IndexRune(text, utf8.RuneError)
		p.fail("the file is not UTF-8")
		return nil, p.err
	}
	found := p.directives(false)
	if p.err != nil {
		return nil, p.err
	}
	return found, nil
}

func (p *parser) fail(problem string) bool {
	if p.err == nil {
		before := p.src[:max(p.pos, 0)]
		start := strings.LastIndexByte(before, '\n') + 1
		p.err = &syntaxError{
			file: p.file, line: p.line(), column: utf8.RuneCountInString(before[start:]) + 1, problem: problem,
		}
	}
	return false
}

func (p *parser) line() int { return strings.Count(p.src[:max(p.pos, 0)], "\n") + 1 }

func (p *parser) rest() string { return p.src[p.pos:] }

func (p *parser) take(prefix string) bool {
	if p.err != nil || !strings.HasPrefix(p.rest(), prefix) {
		return false
	}
	p.pos += len(prefix)
	return true
}

// directives parses up to the end of the file, or to the brace that ends a group.
func (p *parser) directives(inGroup bool) []directive {
	var all []directive
	for {
		p.skipLines()
		if p.err != nil || p.rest() == "" || (inGroup && p.rest()[0] == '}') {
			return all
		}
		d, ok := p.directive()
		if !ok {
			return all
		}
		if d != nil {
			all = append(all, *d)
		}
		if !p.endLine(inGroup) {
			return all
		}
	}
}

// directive parses a directive. It returns nil for one that is commented out.
func (p *parser) directive() (*directive, bool) {
	if p.take("#;") {
		return nil, p.ignoredDirective()
	}
	d := directive{line: p.line()}
	var ok bool
	if d.key, ok = p.key(); !ok {
		return nil, false
	}
	p.skipLines()
	switch {
	case d.key == "import" && strings.HasPrefix(p.rest(), `"`):
		d.isImport = true
		d.path, ok = p.text()
	case p.take("="):
		p.skipLines()
		d.value, ok = p.value()
	case p.take("{"):
		d.isGroup = true
		d.group, ok = p.groupBody()
	default:
		return nil, p.fail("expected = or { after " + d.key)
	}
	return &d, ok
}

// enter is called when the grammar nests, and leave at the end.
func (p *parser) enter() bool {
	p.nesting++
	return p.nesting <= maxNesting || p.fail("too many nested groups, lists or comments")
}

func (p *parser) leave() { p.nesting-- }

func (p *parser) ignoredDirective() bool {
	defer p.leave()
	if !p.enter() {
		return false
	}
	p.skipLines()
	_, ok := p.directive()
	return ok
}

func (p *parser) groupBody() ([]directive, bool) {
	defer p.leave()
	if !p.enter() {
		return nil, false
	}
	body := p.directives(true)
	if p.err == nil && !p.take("}") {
		p.fail("expected } at the end of the group")
	}
	return body, p.err == nil
}

// endLine accepts only a comment on the rest of the line.
func (p *parser) endLine(inGroup bool) bool {
	p.pos += len(p.rest()) - len(strings.TrimLeft(p.rest(), " \t"))
	rest := p.rest()
	switch {
	case rest == "", rest[0] == '\n', rest[0] == '#', strings.HasPrefix(rest, "\r\n"):
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		p.pos += end
		return true
	case inGroup && rest[0] == '}':
		return true
	default:
		return p.fail("expected the end of the line")
	}
}

// skipLines skips white space, line breaks and comments.
func (p *parser) skipLines() {
	for {
		p.pos += len(p.rest()) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace))
		if !strings.HasPrefix(p.rest(), "#") || strings.HasPrefix(p.rest(), "#;") {
			return
		}
		end := strings.IndexByte(p.rest(), '\n')
		if end < 0 {
			end = len(p.rest())
		}
		p.pos += end
	}
}

func (p *parser) key() (string, bool) {
	start := p.pos
	for {
		first, _ := utf8.DecodeRuneInString(p.rest())
		if !unicode.IsLetter(first) {
			return "", p.fail("expected a key, which starts with a letter")
		}
		end := strings.IndexFunc(p.rest(), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' && r != '-'
		})
		if end < 0 {
			end = len(p.rest())
		}
		p.pos += end
		if !p.take(".") {
			return p.src[start:p.pos], true
		}
	}
}

func (p *parser) value() (any, bool) {
	rest := p.rest()
	switch {
	case strings.HasPrefix(rest, `"`):
		return p.text()
	case rest != "" && '0' <= rest[0] && rest[0] <= '9':
		return p.number()
	case p.take("["):
		return p.list()
	}
	for _, word := range []struct {
		text string
		is   bool
	}{{"on", true}, {"off", false}, {"true", true}, {"false", false}} {
		if p.take(word.text) {
			return word.is, true
		}
	}
	return nil, p.fail(`expected a value: "text", a number, true, false, on, off or a list`)
}

func (p *parser) list() (any, bool) {
	defer p.leave()
	if !p.enter() {
		return nil, false
	}
	items := []any{}
	for p.skipLines(); !p.take("]"); p.skipLines() {
		if len(items) > 0 && !p.take(",") {
			return nil, p.fail("expected , or ] in the list")
		}
		p.skipLines()
		item, ok := p.value()
		if !ok {
			return nil, false
		}
		items = append(items, item)
	}
	return items, true
}

func (p *parser) number() (any, bool) {
	start := p.pos
	p.digits()
	if strings.HasPrefix(p.rest(), ".") {
		p.pos++
		if !p.digits() {
			return nil, p.fail("expected digits after the decimal point")
		}
	}
	if p.take("e") || p.take("E") {
		if !p.take("-") {
			p.take("+")
		}
		if !p.digits() {
			return nil, p.fail("expected digits in the exponent")
		}
	}
	return number(p.src[start:p.pos]), true
}

func (p *parser) digits() bool {
	n := len(p.rest()) - len(strings.TrimLeft(p.rest(), "0123456789"))
	p.pos += n
	return n > 0
}

// text parses a string in double quotes, which may span several lines.
func (p *parser) text() (string, bool) {
	if !p.take(`"`) {
		return "", p.fail(`expected "`)
	}
	var out strings.Builder
	for {
		end := strings.IndexAny(p.rest(), `"\`)
		if end < 0 {
			return "", p.fail("the text has no closing quote")
		}
		out.WriteString(p.rest()[:end])
		p.pos += end
		if p.take(`"`) {
			return out.String(), true
		}
		r, ok := p.escape()
		if !ok {
			return "", false
		}
		out.WriteRune(r)
	}
}

func (p *parser) escape() (rune, bool) {
	for _, e := range []struct {
		text string
		is   rune
	}{{`\n`, '\n'}, {`\t`, '\t'}, {`\r`, '\r'}, {`\"`, '"'}, {`\\`, '\\'}} {
		if p.take(e.text) {
			return e.is, true
		}
	}
	high, ok := p.unicodeEscape()
	if !ok || !utf16.IsSurrogate(high) {
		return high, ok
	}
	low, ok := p.unicodeEscape()
	if r := utf16.DecodeRune(high, low); ok && r != unicode.ReplacementChar {
		return r, true
	}
	return 0, p.fail("invalid surrogates in the text")
}

func (p *parser) unicodeEscape() (rune, bool) {
	if !p.take(`\u`) || len(p.rest()) < 4 {
		return 0, p.fail(`expected one of \n \t \r \" \\ \uXXXX`)
	}
	code, err := strconv.ParseUint(p.rest()[:4], 16, 16)
	if err != nil {
		return 0, p.fail(`expected four hexadecimal digits after \u`)
	}
	p.pos += 4
	return rune(code), true
}
