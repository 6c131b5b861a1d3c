package request

import "strings"

// SelectKind tells the kinds of select items apart.
type SelectKind uint8

// The kinds.
const (
	SelectField SelectKind = iota
	SelectEmbed
	SelectSpread
)

// SelectItem is an item of select=: a field with optional aggregate and casts, or an embedded or spread relation.
type SelectItem struct {
	Kind  SelectKind
	Alias string // "" if none

	// SelectField. Readable is set for "**", whose Field is that of "*": all columns that the role may read.
	Field         Field
	Readable      bool
	Cast          string // "" if none; letters, digits, space, underscore and dollar only
	Aggregate     Aggregate
	AggregateCast string

	// SelectEmbed and SelectSpread.
	Relation string // relation, foreign key, column or computed relationship
	Hint     string // "" if none
	Join     Join
	Items    []SelectItem
}

// Aggregate is an aggregate function.
type Aggregate uint8

// The aggregate functions.
const (
	NoAggregate Aggregate = iota
	Sum
	Avg
	Count
	Max
	Min
	CountDistinct
)

// String returns the name in a URL, in lower case.
func (a Aggregate) String() string {
	return [...]string{"", "sum", "avg", "count", "max", "min", "countdistinct"}[a]
}

// Column returns the name that PostgreSQL gives the column.
func (a Aggregate) Column() string {
	if a == CountDistinct {
		return Count.String()
	}
	return a.String()
}

// IsExtreme reports whether the result is the greatest or least of the values.
func (a Aggregate) IsExtreme() bool { return a == Max || a == Min }

// Join is how an embed joins.
type Join uint8

// The joins. An embed without a choice joins left.
const (
	JoinDefault Join = iota
	JoinLeft
	JoinInner
)

// selectParameter parses the items of select=. Text that does not start with an item is an error, unless it is empty.
func (s *scanner) selectParameter() ([]SelectItem, bool) {
	items, ok := s.selectItems()
	return items, ok && (len(items) > 0 || s.end())
}

// selectItems parses the items of select=, or of an embedded relation's parentheses. There may be none.
func (s *scanner) selectItems() ([]SelectItem, bool) {
	start := s.pos
	var first SelectItem
	if !s.selectItem(&first) {
		return nil, s.pos == start
	}
	items := make([]SelectItem, 1, 1+min(strings.Count(s.text[s.pos:], ","), 8))
	items[0] = first
	for {
		start = s.pos
		if !s.comma() {
			return items, s.pos == start
		}
		items = append(items, SelectItem{})
		if !s.selectItem(&items[len(items)-1]) {
			return nil, false
		}
		if !s.usage.columns(len(items)) {
			return nil, false
		}
		s.again()
	}
}

// comma matches a comma with blanks around.
func (s *scanner) comma() bool {
	s.blanks()
	if !s.char(',') {
		return false
	}
	s.blanks()
	return true
}

func (s *scanner) selectItem(item *SelectItem) bool {
	m := s.mark()
	o := s.outline()
	if o.paren && (s.try(m, s.spreadHead(item)) || s.tryEmbedHead(item)) {
		return s.embedItems(item)
	}
	return s.selectField(item, o)
}

// outline is what the next item may contain.
type outline struct{ paren, colon bool }

// outline is a shortcut of the first pass: it searches for a parenthesis and a colon up to the next comma. A quote may
// hide either. With a trace every rule must be tried.
func (s *scanner) outline() outline {
	if s.trace != nil {
		return outline{true, true}
	}
	var o outline
	for i := s.pos; i < len(s.text); i++ {
		switch s.text[i] {
		case ':':
			o.colon = true
		case '"', '(':
			return outline{true, true}
		case ',', ')':
			return o
		}
	}
	return o
}

// embedItems reads the parentheses behind an embedded relation.
func (s *scanner) embedItems(item *SelectItem) bool {
	if !s.usage.embed() || !s.usage.deeper(&s.depth) {
		return false
	}
	ok := s.char('(')
	if ok {
		item.Items, ok = s.selectItems()
	}
	s.depth--
	return ok && s.char(')')
}

// spreadHead reads "...relation" and its parameters, up to the parentheses.
func (s *scanner) spreadHead(item *SelectItem) bool {
	s.blanks()
	if !s.word("...") {
		return false
	}
	*item = SelectItem{Kind: SelectSpread}
	var ok bool
	item.Relation, ok = s.fieldName()
	return ok && s.embedParams(item) && s.peek("(")
}

// tryEmbedHead reads "alias:relation" and its parameters, up to the parentheses, or takes nothing.
func (s *scanner) tryEmbedHead(item *SelectItem) bool {
	m := s.mark()
	s.blanks()
	*item = SelectItem{Kind: SelectEmbed}
	item.Alias = s.alias()
	var ok bool
	item.Relation, ok = s.fieldName()
	// A relation named count would hide the aggregate function of that name.
	return s.try(m, ok && item.Relation != "count" && s.embedParams(item) && s.peek("("))
}

// alias reads "alias:", or takes nothing and returns "".
func (s *scanner) alias() string {
	m := s.mark()
	name, ok := s.fieldName()
	if !s.try(m, ok && s.char(':') && s.notBefore(':')) {
		return ""
	}
	return name
}

// embedParams parses up to two parameters of an embedded relation: a hint and a kind of join, in any order. The first
// of two hints or joins counts.
func (s *scanner) embedParams(item *SelectItem) bool {
	for range 2 {
		start := s.pos
		if !s.embedParam(item) {
			return s.pos == start
		}
	}
	return true
}

func (s *scanner) embedParam(item *SelectItem) bool {
	if !s.char('!') {
		return false
	}
	join := JoinDefault
	switch {
	case s.tryWord("left"):
		join = JoinLeft
	case s.tryWord("inner"):
		join = JoinInner
	default:
		m := s.mark()
		hint, ok := s.fieldName()
		if item.Hint == "" {
			item.Hint = hint
		}
		return s.try(m, ok)
	}
	if item.Join == JoinDefault {
		item.Join = join
	}
	return true
}

// selectField reads a star, a count of rows or a field, with blanks around.
func (s *scanner) selectField(item *SelectItem, o outline) bool {
	s.blanks()
	if !s.tryStar(item) && !(o.paren && s.tryCount(item)) && !s.plainField(item, o) {
		return false
	}
	s.blanks()
	return true
}

func (s *scanner) tryStar(item *SelectItem) bool {
	if s.cannot("*") {
		return false
	}
	m := s.mark()
	*item = SelectItem{Field: Field{Name: "*"}, Readable: strings.HasPrefix(s.text[s.pos:], "**")}
	star := "*"
	if item.Readable {
		star = "**"
	}
	return s.try(m, s.word(star) && s.itemEnd())
}

// tryCount reads "alias:count()::cast".
func (s *scanner) tryCount(item *SelectItem) bool {
	m := s.mark()
	*item = SelectItem{Alias: s.alias(), Field: Field{Name: "*"}, Aggregate: Count}
	return s.try(m, s.word("count()") && s.cast(&item.AggregateCast) && s.itemEnd())
}

// plainField reads "alias:field::cast.aggregate()::cast".
func (s *scanner) plainField(item *SelectItem, o outline) bool {
	*item = SelectItem{}
	if o.colon {
		item.Alias = s.alias()
	}
	var ok bool
	item.Field, ok = s.field()
	if !ok || !s.cast(&item.Cast) {
		return false
	}
	item.Aggregate = s.aggregate()
	return s.cast(&item.AggregateCast) && s.itemEnd()
}

// itemEnd reports whether an item may end here.
func (s *scanner) itemEnd() bool { return s.peek(")") || s.peek(",") || s.end() }

// cast parses "::type" if it is present. A blank type stays blank rather than empty, so that PostgreSQL refuses it.
func (s *scanner) cast(dst *string) bool {
	start := s.pos
	if !s.word("::") {
		return s.pos == start
	}
	var ok bool
	*dst, ok = s.identifier()
	if ok && *dst == "" {
		*dst = " "
	}
	return ok
}

// aggregate reads ".function()", or takes nothing.
func (s *scanner) aggregate() Aggregate {
	if s.cannot(".") {
		return NoAggregate
	}
	m := s.mark()
	function := NoAggregate
	ok := s.char('.')
	if ok {
		function = s.aggregateName()
		ok = function != NoAggregate && s.word("()")
	}
	if !s.try(m, ok) {
		return NoAggregate
	}
	return function
}

func (s *scanner) aggregateName() Aggregate {
	start := s.pos
	if strings.HasPrefix(s.text[s.pos:], CountDistinct.String()+"(") && s.word(CountDistinct.String()) {
		return CountDistinct
	}
	for _, a := range [...]Aggregate{Sum, Avg, Count} {
		if s.word(a.String()) {
			return a
		}
		if s.pos != start {
			return NoAggregate
		}
	}
	for _, a := range [...]Aggregate{Max, Min} {
		if s.tryWord(a.String()) {
			return a
		}
	}
	return NoAggregate
}
