package request

import (
	"slices"
	"strings"

	"trunkline/planner/apierr"
)

// Query is the parsed query string. Paths lead from the root through embedded relations, by alias or name.
type Query struct {
	// Select holds the items of select=. If the parameter is absent, it is one SelectField "*"; if it is empty, Select
	// is empty, which also means every column.
	Select  []SelectItem
	Filters []PathFilter
	Logic   []PathLogic
	Order   []PathOrder
	// Ranges holds the limits and offsets of embedded relations; the root's is Request.Range.
	Ranges []PathRange
	// FilterKeys holds the keys of all filters as they were sent, sorted, without duplicates. PUT compares them with
	// the primary key. It is set for ActionUpsert only.
	FilterKeys []string
	// Params are the arguments of an ActionCallRead, in order, duplicates included.
	Params []Param
	// Keyset asks for a page behind a cursor. After is the cursor, nil for the beginning.
	Keyset bool
	After  *Cursor
	// OnConflict holds the columns of on_conflict=; nil if absent.
	OnConflict []string
	// OnConflictWhere is the predicate of on_conflict_where=, which is a parameter of ActionInsert only; nil if absent.
	OnConflictWhere *Logic
}

// Param is a named argument.
type Param struct{ Name, Value string }

// Path is a path of embedded relations, empty for the root.
type Path []string

// PathFilter is a filter on the relation at Path.
type PathFilter struct {
	Path   Path
	Filter Filter
}

// PathLogic is a logic tree on the relation at Path.
type PathLogic struct {
	Path Path
	Tree Logic
}

// PathOrder is an ordering of the relation at Path.
type PathOrder struct {
	Path  Path
	Terms []OrderTerm
}

// PathRange is a limit and offset on the relation at Path.
type PathRange struct {
	Path  Path
	Range Range
}

// String joins the path as a URL writes it.
func (p Path) String() string { return strings.Join(p, ".") }

// paramKind is the purpose of a parameter of the query string.
type paramKind uint8

const (
	filterParam paramKind = iota
	logicParam
	orderParam
	limitParam
	offsetParam
	selectParam
	columnsParam
	onConflictParam
	onConflictWhereParam
	// ignoredParam has no equals sign, or repeats a parameter that may occur only once.
	ignoredParam
)

// classify returns the kind of a parameter, given by the last word of its key.
func classify(key string) paramKind {
	switch key[strings.LastIndexByte(key, '.')+1:] {
	case "and", "or":
		return logicParam
	case "order":
		return orderParam
	case "limit":
		return limitParam
	case "offset":
		return offsetParam
	}
	switch key {
	case "select":
		return selectParam
	case "columns":
		return columnsParam
	case "on_conflict":
		return onConflictParam
	default:
		return filterParam
	}
}

// queryParser parses the parameters of one query string into a Query.
type queryParser struct {
	query  *Query
	action Action
	// s scans one text after the other and counts the use of the limits.
	s scanner

	top        window // what limit and offset ask for at the top level
	extensions bool   // Options.Extensions
	columns    []string
	hasColumns bool
	hasSelect  bool
	// nested are the lists of a nested write.
	nested    Nested
	mayNest   bool // Options.Nested, if the action writes a payload
	nestsList bool // columns= contains relations
}

// parse parses every parameter. If several have errors, the error of the first order is returned, then that of a logic
// tree, columns, select, filter, and on_conflict.
func (p *queryParser) parse(params []param) *apierr.Error {
	counts := classifyAll(params, p.action)
	if p.action == ActionCallRead {
		p.query.Params = makeNonEmpty[Param](counts[filterParam])
	} else {
		p.query.Filters = makeNonEmpty[PathFilter](min(counts[filterParam], p.s.usage.limits.Filters))
	}
	for _, kind := range [...]paramKind{
		orderParam, logicParam, columnsParam, selectParam, filterParam, onConflictParam, onConflictWhereParam,
	} {
		for i := 0; i < len(params) && counts[kind] > 0; i++ {
			if params[i].kind != kind {
				continue
			}
			counts[kind]--
			if err := p.parseParam(&params[i]); err != nil {
				return err
			}
		}
	}
	if !p.hasSelect {
		p.query.Select = []SelectItem{{Field: Field{Name: "*"}}}
	}
	if p.action == ActionUpsert {
		p.query.FilterKeys = filterKeys(params)
	}
	return p.ranges(params)
}

func makeNonEmpty[T any](capacity int) []T {
	if capacity == 0 {
		return nil
	}
	return make([]T, 0, capacity)
}

func (p *queryParser) parseParam(q *param) *apierr.Error {
	switch q.kind {
	case orderParam:
		return p.order(q)
	case logicParam:
		return p.logic(q)
	case columnsParam:
		return p.columnList(q)
	case selectParam:
		return p.selection(q)
	case filterParam:
		return p.filter(q)
	case onConflictParam:
		return p.onConflict(q)
	case onConflictWhereParam:
		return p.onConflictWhere(q)
	default:
		return nil
	}
}

// classifyAll sets the kinds of all parameters and counts them. Only inserts have on_conflict_where, which may be a
// column.
func classifyAll(params []param, action Action) (counts [ignoredParam + 1]int) {
	seen := [ignoredParam + 1]bool{}
	for i := range params {
		q := &params[i]
		q.kind = classify(q.key)
		if action == ActionInsert && q.key == "on_conflict_where" {
			q.kind = onConflictWhereParam
		}
		once := q.kind >= selectParam
		first := !seen[q.kind]
		seen[q.kind] = true
		if !q.hasValue || once && !first {
			q.kind = ignoredParam
		}
		counts[q.kind]++
	}
	return counts
}

// scan starts scanning a text.
func (p *queryParser) scan(text string) *scanner {
	p.s.text, p.s.pos, p.s.depth = text, 0, 0
	return &p.s
}

// fail returns the error for text that did not match rule: the limit that it exceeds, or the syntax error. what names
// the text, shown is what the client sees of it.
func (p *queryParser) fail(what, shown, text string, rule func(*scanner)) *apierr.Error {
	if p.s.usage.exceeded != nil {
		return p.s.usage.exceeded
	}
	if len(shown) > maxShown {
		shown = strings.ToValidUTF8(shown[:maxShown], "") + "…"
	}
	return explain(text, p.s.usage.limits, rule).failure(text, what+" ("+shown+")")
}

// maxShown is how many bytes of a text that does not parse are shown. A text in a body may be longer than any in a URL.
const maxShown = 64 << 10

func (p *queryParser) selection(q *param) *apierr.Error {
	s := p.scan(q.value)
	items, ok := s.selectParameter()
	if !ok {
		return p.fail("select parameter", q.value, q.value, func(s *scanner) { s.selectParameter() })
	}
	p.query.Select, p.hasSelect = items, true
	return nil
}

func (p *queryParser) columnList(q *param) *apierr.Error {
	s := p.scan(q.value)
	names, ok := s.columnNames()
	if !ok {
		return p.fail("columns parameter", q.value, q.value, func(s *scanner) { s.columnNames() })
	}
	slices.Sort(names)
	p.columns, p.hasColumns = slices.Compact(names), true
	p.nested.Columns, p.nestsList = p.nestedList(q.value)
	return nil
}

func (p *queryParser) onConflict(q *param) *apierr.Error {
	s := p.scan(q.value)
	names, ok := s.columnNames()
	if !ok {
		return p.fail("on_conflict parameter", q.value, q.value, func(s *scanner) { s.columnNames() })
	}
	p.query.OnConflict = names
	p.nested.Conflict, p.nested.HasConflict = p.nestedList(q.value)
	return nil
}

// onConflictWhere parses a condition, a tree, or in parentheses several of them that must all be true.
func (p *queryParser) onConflictWhere(q *param) *apierr.Error {
	text := q.value
	if strings.HasPrefix(text, "(") {
		text = "and" + text
	}
	s, tree := p.scan(text), new(Logic)
	if !s.logicTree(tree) || !s.end() {
		return p.fail("on_conflict_where parameter", q.value, text, func(s *scanner) { _ = s.logicTree(&Logic{}) && s.end() })
	}
	p.query.OnConflictWhere = tree
	return nil
}

func (p *queryParser) order(q *param) *apierr.Error {
	path, _, err := p.treePath(q.key)
	if err != nil {
		return err
	}
	s := p.scan(q.value)
	terms, ok := s.orderTerms()
	if !ok {
		return p.fail("order", q.value, q.value, func(s *scanner) { s.orderTerms() })
	}
	p.query.Order = append(p.query.Order, PathOrder{path, terms})
	return nil
}

func (p *queryParser) logic(q *param) *apierr.Error {
	s := p.scan(q.key)
	path, op, ok := s.logicPath()
	if !ok {
		return p.fail("logic path", q.key, q.key, func(s *scanner) { s.logicPath() })
	}
	p.scan(op + q.value)
	var tree Logic
	if !s.logicTree(&tree) {
		return p.fail("logic tree", q.value, s.text, func(s *scanner) { s.logicTree(&Logic{}) })
	}
	p.query.Logic = append(p.query.Logic, PathLogic{path, tree})
	return nil
}

// filter parses a filter. In a call of a routine by GET, a value that does not start with an operator is an argument.
func (p *queryParser) filter(q *param) *apierr.Error {
	if done, err := p.after(q); done {
		return err
	}
	if done, err := p.related(q); done {
		return err
	}
	path, field, err := p.treePath(q.key)
	if err != nil {
		return err
	}
	s := p.scan(q.value)
	f := PathFilter{Path: path, Filter: Filter{Field: field}}
	switch {
	case s.condition(&f.Filter, false):
		if !s.usage.filter() {
			return p.s.usage.exceeded
		}
		p.query.Filters = append(p.query.Filters, f)
	case p.action == ActionCallRead && s.pos == 0:
		p.query.Params = append(p.query.Params, Param{field.Name, q.value})
	default:
		err := p.fail("filter", q.value, q.value, func(s *scanner) { s.condition(&Filter{}, false) })
		return err.AdviseFilter(q.key, q.value, p.action == ActionCall)
	}
	return nil
}

func (p *queryParser) treePath(key string) (Path, Field, *apierr.Error) {
	s := p.scan(key)
	path, field, ok := s.treePath()
	if !ok {
		return nil, Field{}, p.fail("tree path", key, key, func(s *scanner) { s.treePath() })
	}
	return path, field, nil
}

// filterKeys returns the keys of all filters, sorted, each once.
func filterKeys(params []param) []string {
	var keys []string
	for i := range params {
		if params[i].kind == filterParam {
			keys = append(keys, params[i].key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
