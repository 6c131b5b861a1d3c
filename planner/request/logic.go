package request

// Logic is a node of a boolean tree: a condition, a conjunction or disjunction of subtrees, or the existence of a
// related row for which a subtree is true.
type Logic struct {
	Op LogicOp
	// Not negates the node. Conditions have their own negation instead.
	Not    bool
	Filter Filter // LogicFilter only
	// Terms are the subtrees. A LogicRelated has one, or none if any row suffices.
	Terms   []Logic
	Related *Related // LogicRelated only
}

// LogicOp tells the kinds of logic nodes apart.
type LogicOp uint8

// The kinds.
const (
	LogicFilter LogicOp = iota
	LogicAnd
	LogicOr
	LogicRelated
)

// logicTree reads a condition, or a conjunction or disjunction of trees: and(a.eq.1,not.or(b.is.null,c.lt.5)). A
// condition may be on related rows.
func (s *scanner) logicTree(tree *Logic) bool {
	m := s.mark()
	*tree = Logic{}
	if s.try(m, s.logicFilter(&tree.Filter)) {
		return s.usage.filter()
	}
	if s.relatedTermAhead() {
		return s.related(tree)
	}
	*tree = Logic{Not: s.negation()}
	return s.logicOp(&tree.Op) && s.logicTerms(tree)
}

// logicFilter reads "field.operator.value".
func (s *scanner) logicFilter(f *Filter) bool {
	var ok bool
	f.Field, ok = s.field()
	return ok && s.dot() && s.condition(f, true)
}

func (s *scanner) negation() bool {
	m := s.mark()
	not := s.tryWordDot("not")
	s.label(m, true, "negation operator (not)")
	return not
}

func (s *scanner) logicOp(op *LogicOp) bool {
	m := s.mark()
	ok := true
	switch {
	case s.tryWord("and"):
		*op = LogicAnd
	case s.word("or"):
		*op = LogicOr
	default:
		ok = false
	}
	return s.label(m, ok, "logic operator (and, or)")
}

// logicTerms reads the trees in parentheses.
func (s *scanner) logicTerms(tree *Logic) bool {
	if !s.usage.deeper(&s.depth) || !s.paren('(') {
		return false
	}
	for {
		tree.Terms = append(tree.Terms, Logic{})
		if !s.logicTree(&tree.Terms[len(tree.Terms)-1]) {
			return false
		}
		if len(tree.Terms) > 1 {
			s.again()
		}
		start := s.pos
		if !s.comma() {
			s.depth--
			return s.pos == start && s.paren(')')
		}
	}
}

// paren matches a parenthesis with blanks around.
func (s *scanner) paren(c byte) bool {
	s.blanks()
	if !s.char(c) {
		return false
	}
	s.blanks()
	return true
}

// logicValue reads an operand in a logic tree.
func (s *scanner) logicValue() (string, bool) {
	if value, ok := s.tryQuoted(); ok {
		return value, true
	}
	if value, ok := s.tryArray(); ok {
		return value, true
	}
	start := s.pos
	s.noneOf(",)")
	return s.text[start:s.pos], true
}

// tryArray parses an array literal without nesting, including braces. It consumes nothing if there is none.
func (s *scanner) tryArray() (string, bool) {
	m := s.mark()
	ok := s.word("{")
	if ok {
		s.noneOf("{}")
		ok = s.word("}")
	}
	if !s.try(m, ok) {
		return "", false
	}
	return s.text[m.pos:s.pos], true
}

// logicPath parses the key of a logic tree, "a.b.not.or": the path of embedded relations, and the operator with its
// negation.
func (s *scanner) logicPath() (path Path, op string, ok bool) {
	op, ok = s.fieldName()
	if !ok {
		return nil, "", false
	}
	not := op == "not"
	for s.dot() {
		if op != "not" {
			if !s.usage.step() {
				return nil, "", false
			}
			path = append(path, op)
		}
		if op, ok = s.fieldName(); !ok {
			return nil, "", false
		}
		not = not || op == "not"
		s.again()
	}
	if not {
		op = "not." + op
	}
	return path, op, true
}
