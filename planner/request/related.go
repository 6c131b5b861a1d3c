package request

import (
	"strings"

	"trunkline/planner/apierr"
)

// Related names the relation in which a [LogicRelated] searches a row. It has two forms, both extensions of PostgREST's
// grammar:
//
//	projects(name)=like.*x*            a parameter
//	or=(projects(name).like.*x*,…)     a term of a logic tree
//
// In both, the parentheses can contain other things than a field: a logic tree about a single row, as in
// "projects(and)=(a.eq.1,b.eq.2)" and "projects(and(a.eq.1,b.eq.2))"; another related relation, as in
// "projects(tasks(name))=eq.x"; or nothing, to test with is.null whether there is any row.
type Related struct {
	Relation string // an embed of the select parameter, or a relation that could be embedded
	Hint     string // "" if none
	// Plain is the filter that PostgREST reads in the parameter: it ignores what follows the name. It is nil if the
	// tree does not come from a parameter, or PostgREST would refuse the value.
	Plain *Filter
}

// relatedAhead reports whether the name of a related relation comes next: a name followed by a hint, or by parentheses
// without being a logic operator. It consumes nothing.
func (s *scanner) relatedAhead() bool {
	ahead := scanner{text: s.text, pos: s.pos}
	ahead.blanks()
	quoted := ahead.peek(`"`)
	name, ok := ahead.fieldName()
	if !ok || ahead.pos == len(ahead.text) {
		return false
	}
	switch ahead.text[ahead.pos] {
	case '!':
		return true
	case '(':
		return quoted || name != "and" && name != "or"
	default:
		return false
	}
}

// relatedTermAhead reports whether a term on related rows comes next, judging by its last parenthesis. Other text with
// parentheses is taken for a misspelled logic operator, as in PostgREST. It consumes nothing.
func (s *scanner) relatedTermAhead() bool {
	if !s.relatedAhead() {
		return false
	}
	if s.ahead {
		return true // so that looking ahead takes one pass, however deep the terms are nested
	}
	ahead := scanner{text: s.text, pos: s.pos, usage: s.usage, depth: s.depth, ahead: true}
	_, ok := ahead.relatedHead(&Logic{}, nil)
	return ok || ahead.usage.exceeded != nil
}

// related parses a term of a logic tree about related rows: "relation!hint(field).operator.value".
func (s *scanner) related(tree *Logic) bool {
	leaf, ok := s.relatedHead(tree, nil)
	if !ok || leaf == nil {
		return ok
	}
	return s.dot() && s.relatedCondition(leaf, true)
}

// relatedCondition parses the condition of a leaf: on its field, or on the existence of a row.
func (s *scanner) relatedCondition(leaf *Logic, inTree bool) bool {
	if leaf.Op == LogicRelated {
		return s.nullTest(leaf)
	}
	return s.condition(&leaf.Filter, inTree) && s.usage.filter()
}

// relatedHead parses "relation!hint(…)". It returns the leaf whose operator follows, or nil if there is none. In a key,
// the terms of a logic operator are in the value; the operator is then stored in key.
func (s *scanner) relatedHead(tree *Logic, key *relatedKey) (leaf *Logic, ok bool) {
	*tree = Logic{Op: LogicRelated, Related: &Related{}}
	s.blanks()
	if tree.Related.Relation, ok = s.fieldName(); !ok {
		return nil, false
	}
	if s.char('!') {
		if tree.Related.Hint, ok = s.fieldName(); !ok {
			return nil, false
		}
	}
	if !s.char('(') || !s.usage.embed() || !s.usage.deeper(&s.depth) {
		return nil, false
	}
	leaf, ok = s.relatedInside(tree, key)
	s.depth--
	return leaf, ok && s.char(')')
}

func (s *scanner) relatedInside(tree *Logic, key *relatedKey) (leaf *Logic, ok bool) {
	s.blanks()
	if s.peek(")") {
		return tree, true
	}
	tree.Terms = make([]Logic, 1)
	inner := &tree.Terms[0]
	switch {
	case s.relatedAhead():
		return s.relatedHead(inner, key)
	case key == nil && s.logicAhead():
		return nil, s.logicTree(inner)
	case key != nil && s.relatedOp(key):
		return inner, true
	}
	inner.Filter.Field, ok = s.field()
	return inner, ok
}

// logicAhead reports whether a logic operator and a parenthesis come next. It consumes nothing.
func (s *scanner) logicAhead() bool {
	ahead := scanner{text: s.text, pos: s.pos}
	ahead.tryWordDot("not")
	return ahead.logicOp(new(LogicOp)) && ahead.paren('(')
}

// nullTest parses "is.null" or "not.is.null" for a related row.
func (s *scanner) nullTest(tree *Logic) bool {
	not := s.tryWordDot("not")
	if !s.tryWordDot("is") {
		return false
	}
	m := s.mark()
	null := s.tryWordFold("null")
	tree.Not = null != not
	return s.label(m, null || s.tryWordFold("not_null"), "null or not_null") && s.usage.filter()
}

// related parses a filter whose key has parentheses after a name, "a.b.relation!hint(field)". It returns false if the
// parameter is not one: then what follows the name is ignored, as in PostgREST, unless the extensions take precedence.
func (p *queryParser) related(q *param) (bool, *apierr.Error) {
	if strings.IndexByte(q.key, '(') < 0 {
		return false, nil
	}
	k := relatedKey{}
	switch found, ok := p.scan(q.key).relatedKey(&k); {
	case !found:
		return false, nil
	case ok:
		return p.relatedValue(q, &k)
	case p.s.usage.exceeded == nil && !p.extensions:
		return false, nil
	default:
		return true, p.fail("filter", q.key, q.key, func(s *scanner) { s.relatedKey(&relatedKey{}) })
	}
}

// relatedValue parses the value of a filter on related rows.
func (p *queryParser) relatedValue(q *param, k *relatedKey) (bool, *apierr.Error) {
	s := p.scan(k.op + q.value)
	if k.value(s) {
		k.tree.Related.Plain = k.plain()
		p.query.Logic = append(p.query.Logic, PathLogic{k.path, k.tree})
		return true, nil
	}
	if k.op == "" && !p.extensions && s.usage.exceeded == nil {
		return false, nil
	}
	return true, p.fail("filter", q.value, s.text, func(s *scanner) { k.value(s) })
}

// relatedKey is the key of a filter on related rows.
type relatedKey struct {
	path Path
	tree Logic
	leaf *Logic // of the tree: what the value completes
	op   string // the logic operator that the key ends with, as a logic tree begins with it, or ""
}

// relatedKey parses a key. found reports whether the key names a related relation, ok whether it is valid.
func (s *scanner) relatedKey(k *relatedKey) (found, ok bool) {
	for !s.relatedAhead() {
		name, ok := s.fieldName()
		if !ok || !s.dot() {
			return false, false
		}
		k.path = append(k.path, name)
	}
	k.leaf, ok = s.relatedHead(&k.tree, k)
	return true, ok && s.end()
}

// relatedOp parses a logic operator at the end of the parentheses of a key. It consumes nothing if there is none.
func (s *scanner) relatedOp(k *relatedKey) bool {
	rest := s.text[s.pos:]
	for _, op := range [...]string{"and", "or", "not.and", "not.or"} {
		if strings.HasPrefix(rest, op) && strings.HasPrefix(rest[len(op):], ")") {
			s.took(len(op))
			k.op = op
			return true
		}
	}
	return false
}

// value parses the parameter's value, after the logic operator of its key.
func (k *relatedKey) value(s *scanner) bool {
	if k.op != "" {
		return s.logicTree(k.leaf)
	}
	return s.relatedCondition(k.leaf, false)
}

// plain returns the filter that PostgREST reads in the parameter.
func (k *relatedKey) plain() *Filter {
	if k.op != "" {
		return nil
	}
	f := k.leaf.Filter
	if k.leaf.Op == LogicRelated {
		f = Filter{Op: OpIs, Not: !k.leaf.Not}
	}
	f.Field = Field{Name: k.tree.Related.Relation}
	return &f
}
