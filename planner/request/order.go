package request

import "strings"

// OrderTerm is one term of an ordering.
type OrderTerm struct {
	// Relation is the to-one embed that Field belongs to, "" for the relation itself.
	Relation string
	Field    Field
	// Selected is set if Field.Name is the name of something that is selected: ":alias".
	Selected  bool
	Direction Direction
	Nulls     NullsOrder
}

// Direction is ASC or DESC, or neither written.
type Direction uint8

// The directions.
const (
	DirectionDefault Direction = iota
	Asc
	Desc
)

// NullsOrder is NULLS FIRST or LAST, or neither written.
type NullsOrder uint8

// The orders of nulls.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// orderTerms reads the terms of order=.
func (s *scanner) orderTerms() ([]OrderTerm, bool) {
	terms := make([]OrderTerm, 0, 1+min(strings.Count(s.text, ","), 16))
	for {
		terms = append(terms, OrderTerm{})
		if !s.orderTerm(&terms[len(terms)-1]) || !s.usage.columns(len(terms)) {
			return nil, false
		}
		if len(terms) > 1 {
			s.again()
		}
		if !s.char(',') {
			return terms, true
		}
	}
}

// orderTerm reads a term with blanks around.
func (s *scanner) orderTerm(t *OrderTerm) bool {
	s.blanks()
	m := s.mark()
	related := s.outline().paren && s.relatedTerm(t)
	if !s.try(m, related) && !s.ownTerm(t) {
		return false
	}
	s.blanks()
	return true
}

// relatedTerm reads "relation(field).desc.nullslast".
func (s *scanner) relatedTerm(t *OrderTerm) bool {
	var ok bool
	if t.Relation, ok = s.fieldName(); !ok || !s.char('(') {
		return false
	}
	if t.Field, ok = s.field(); !ok || !s.char(')') {
		return false
	}
	return s.orderModifiers(t)
}

// ownTerm reads "field.desc.nullslast" or ":alias.desc.nullslast".
func (s *scanner) ownTerm(t *OrderTerm) bool {
	*t = OrderTerm{}
	var ok bool
	if strings.HasPrefix(s.text[s.pos:], ":") { // an error in PostgREST, which expects the field there
		t.Selected = s.char(':')
		t.Field.Name, ok = s.fieldName()
	} else {
		t.Field, ok = s.field()
	}
	return ok && s.orderModifiers(t)
}

func (s *scanner) orderModifiers(t *OrderTerm) bool {
	switch {
	case s.tryDotWord("asc"):
		t.Direction = Asc
	case s.tryDotWord("desc"):
		t.Direction = Desc
	}
	switch {
	case s.tryDotWord("nullsfirst"):
		t.Nulls = NullsFirst
	case s.tryDotWord("nullslast"):
		t.Nulls = NullsLast
	}
	return s.peek(",") || s.end()
}

// columnNames reads the names of columns= or on_conflict=.
func (s *scanner) columnNames() ([]string, bool) {
	names := make([]string, 0, 1+min(strings.Count(s.text, ","), 64))
	for {
		name, ok := s.fieldName()
		if !ok {
			return nil, false
		}
		names = append(names, name)
		if !s.usage.columns(len(names)) {
			return nil, false
		}
		if len(names) > 1 {
			s.again()
		}
		start := s.pos
		if !s.comma() {
			return names, s.pos == start
		}
	}
}
