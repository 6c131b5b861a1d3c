package request

import "strings"

// Filter is one condition on a field.
type Filter struct {
	Field Field
	Not   bool
	Op    Operator
	Quant Quantifier // of OpEq to OpImatch
	// Value is the operand of all operators except OpIn and OpIs, wildcards not yet translated.
	Value string
	// List is the operand of OpIn. No elements means the empty set.
	List []string
	// Is is the operand of OpIs.
	Is IsValue
	// Config is the text search configuration of the OpFts family; HasConfig tells "" from absent.
	Config    string
	HasConfig bool
}

// Operator is a filter's operator.
type Operator uint8

// The operators, as URLs name them. Those up to OpImatch take a [Quantifier].
const (
	OpEq Operator = iota
	OpGte
	OpGt
	OpLte
	OpLt
	OpLike
	OpIlike
	OpMatch
	OpImatch
	OpNeq
	OpCs
	OpCd
	OpOv
	OpSl
	OpSr
	OpNxr
	OpNxl
	OpAdj
	OpIn
	OpIs
	OpIsDistinct
	OpFts
	OpPlfts
	OpPhfts
	OpWfts
)

// FullText reports whether the operator is of the full-text search family.
func (o Operator) FullText() bool { return o >= OpFts }

// Quantifier compares with any or all elements of an array literal.
type Quantifier uint8

// The quantifiers.
const (
	NoQuantifier Quantifier = iota
	QuantAny
	QuantAll
)

// IsValue is what IS compares with.
type IsValue uint8

// The values.
const (
	IsNull IsValue = iota
	IsNotNull
	IsTrue
	IsFalse
	IsUnknown
)

// treePath parses the key of a filter, order or limit: a path of embedded relations and a field, "a.b.column->key".
func (s *scanner) treePath() (Path, Field, bool) {
	name, ok := s.fieldName()
	if !ok {
		return nil, Field{}, false
	}
	var path Path
	for s.dot() {
		if !s.usage.step() {
			return nil, Field{}, false
		}
		path = append(path, name)
		if name, ok = s.fieldName(); !ok {
			return nil, Field{}, false
		}
		s.again()
	}
	steps, ok := s.jsonPath()
	return path, Field{Name: name, Path: steps}, ok
}

// condition parses an operator and its operand, optionally negated, into f. The operand of a term in a logic tree
// (inTree) is quoted, an array literal, or extends to a comma or parenthesis. Otherwise it is the rest of the text.
func (s *scanner) condition(f *Filter, inTree bool) bool {
	f.Not = s.tryWordDot("not")
	m := s.mark()
	return s.label(m, s.operation(f, inTree), "operator (eq, gt, ...)")
}

func (s *scanner) operation(f *Filter, inTree bool) bool {
	var ok bool
	switch {
	case s.tryWordDot("in"):
		f.Op = OpIn
		f.List, ok = s.list()
	case s.tryWordDot("is"):
		f.Op = OpIs
		f.Is, ok = s.isValue()
	case s.tryWordDot("isdistinct"):
		f.Op = OpIsDistinct
		f.Value, ok = s.value(inTree)
	default:
		return s.tryFullText(f, inTree) || s.trySimple(f, inTree) || s.tryQuantified(f, inTree)
	}
	return ok
}

// tryFullText reads "fts(config).value".
func (s *scanner) tryFullText(f *Filter, inTree bool) bool {
	m := s.mark()
	if !s.operator(f, fullTextOperators[:]) {
		return s.try(m, false)
	}
	f.Config, f.HasConfig = s.textSearchConfig()
	ok := s.dot()
	if ok {
		f.Value, ok = s.value(inTree)
	}
	return s.try(m, ok)
}

// textSearchConfig parses "(config)". It consumes nothing if there is none.
func (s *scanner) textSearchConfig() (string, bool) {
	m := s.mark()
	if !s.char('(') {
		return "", s.try(m, false)
	}
	config, ok := s.identifier()
	if !s.try(m, ok && s.char(')')) {
		return "", false
	}
	return config, true
}

// trySimple reads "operator.value" of an operator without modifiers.
func (s *scanner) trySimple(f *Filter, inTree bool) bool {
	m := s.mark()
	ok := s.operatorOf(f, simpleOperators[:]) && s.dot()
	if ok {
		f.Value, ok = s.value(inTree)
	}
	return s.try(m, ok)
}

// tryQuantified reads "operator(any).value".
func (s *scanner) tryQuantified(f *Filter, inTree bool) bool {
	m := s.mark()
	if !s.operatorOf(f, quantOperators[:]) {
		return s.try(m, false)
	}
	f.Quant = s.quantifier()
	ok := s.dot()
	if ok {
		f.Value, ok = s.value(inTree)
	}
	return s.try(m, ok)
}

// quantifier parses "(any)" or "(all)". It consumes nothing if there is none.
func (s *scanner) quantifier() Quantifier {
	m := s.mark()
	quant := NoQuantifier
	ok := s.char('(')
	switch {
	case !ok:
	case s.tryWord("any"):
		quant = QuantAny
	case s.word("all"):
		quant = QuantAll
	default:
		ok = false
	}
	if !s.try(m, ok && s.char(')')) {
		return NoQuantifier
	}
	return quant
}

// namedOperator is an operator and its name in a URL.
type namedOperator struct {
	name string
	op   Operator
}

// The operators in the order in which they are tried: none starts with the name of an earlier one.
var (
	quantOperators = [...]namedOperator{
		{"eq", OpEq},
		{"gte", OpGte},
		{"gt", OpGt},
		{"lte", OpLte},
		{"lt", OpLt},
		{"like", OpLike},
		{"ilike", OpIlike},
		{"match", OpMatch},
		{"imatch", OpImatch},
	}
	simpleOperators = [...]namedOperator{
		{"neq", OpNeq},
		{"cs", OpCs},
		{"cd", OpCd},
		{"ov", OpOv},
		{"sl", OpSl},
		{"sr", OpSr},
		{"nxr", OpNxr},
		{"nxl", OpNxl},
		{"adj", OpAdj},
	}
	fullTextOperators = [...]namedOperator{
		{"fts", OpFts}, {"plfts", OpPlfts}, {"phfts", OpPhfts}, {"wfts", OpWfts},
	}
)

// operatorOf reads the name of an operator into f.
func (s *scanner) operatorOf(f *Filter, operators []namedOperator) bool {
	m := s.mark()
	return s.label(m, s.operator(f, operators), "unknown single value operator")
}

func (s *scanner) operator(f *Filter, operators []namedOperator) bool {
	for i := range operators {
		if s.tryWord(operators[i].name) {
			f.Op = operators[i].op
			return true
		}
	}
	return false
}

// isValue reads what IS compares with, in either case.
func (s *scanner) isValue() (IsValue, bool) {
	m := s.mark()
	for value, word := range [...]string{"null", "not_null", "true", "false", "unknown"} {
		if s.tryWordFold(word) {
			return IsValue(value), true // the words are in the order of the constants
		}
	}
	return 0, s.label(m, false, "isVal: (null, not_null, true, false, unknown)")
}

// value parses an operand.
func (s *scanner) value(inTree bool) (string, bool) {
	if inTree {
		return s.logicValue()
	}
	value := s.text[s.pos:]
	s.run(len(value))
	return value, true
}

// list reads the operand of in: values in parentheses with commas between. A single empty value is the empty list.
func (s *scanner) list() ([]string, bool) {
	s.blanks()
	if !s.char('(') {
		return nil, false
	}
	s.blanks()
	values := make([]string, 0, s.countList())
	for {
		if !s.usage.element() {
			return nil, false
		}
		values = append(values, s.listValue())
		if len(values) > 1 {
			s.again()
		}
		if !s.char(',') {
			break
		}
	}
	s.blanks()
	if !s.char(')') {
		return nil, false
	}
	s.blanks()
	if len(values) == 1 && values[0] == "" {
		return nil, true
	}
	return values, true
}

// countList returns about how many values the list has that begins here. Only its own text is searched, so that many
// lists in one text take no longer than a single one.
func (s *scanner) countList() int {
	rest := s.text[s.pos:]
	if end := strings.IndexByte(rest, ')'); end >= 0 {
		rest = rest[:end]
	}
	return 1 + min(strings.Count(rest, ","), max(0, s.usage.limits.Values-s.usage.elements))
}

// listValue reads a value of a list: quoted, or up to a comma or parenthesis.
func (s *scanner) listValue() string {
	if value, ok := s.tryQuoted(); ok {
		return value
	}
	start := s.pos
	end := start
	for end < len(s.text) && s.text[end] != ',' && s.text[end] != ')' {
		end++
	}
	s.run(end - start)
	return s.text[start:end]
}

// tryQuoted reads a quoted value that a comma, a parenthesis or the end follows, or takes nothing.
func (s *scanner) tryQuoted() (string, bool) {
	m := s.mark()
	value, ok := s.quoted()
	return value, s.try(m, ok && s.onlyBefore(",)"))
}
