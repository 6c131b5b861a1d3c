package planner

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// attachConditions resolves the filters and logic trees of the tree's nodes. Those that restrict a write at its top
// level belong to the mutation instead.
func (p *planning) attachConditions() *apierr.Error {
	q := &p.req.Query
	if root := p.rootConditions(); root > 0 && !p.req.Action.Mutates() {
		p.plan.Read.Where = make([]Condition, 0, root)
	}
	for i := range q.Filters {
		if err := p.attachFilter(&q.Filters[i]); err != nil {
			return err
		}
	}
	for i := range q.Logic {
		if err := p.attachLogic(&q.Logic[i]); err != nil {
			return err
		}
	}
	return nil
}

// attachFilter resolves a filter on the rows of a node, on its groups, or on the rows of an aggregate.
func (p *planning) attachFilter(f *request.PathFilter) *apierr.Error {
	n, of, err := p.conditioned(f.Path)
	switch {
	case err != nil || n == nil:
		return err
	case of != nil:
		*of = append(*of, Condition{})
		p.scope(n).filter(&(*of)[len(*of)-1], &f.Filter, n)
	case p.comparesAggregate(n, &f.Filter):
		n.Having = append(n.Having, Condition{})
		p.filter(&n.Having[len(n.Having)-1], &f.Filter, n)
	default:
		p.scope(n).filter(n.condition(), &f.Filter, n)
	}
	return nil
}

// attachLogic is attachFilter for a logic tree, which is one on groups if any of its filters compares an aggregate.
func (p *planning) attachLogic(l *request.PathLogic) *apierr.Error {
	n, of, err := p.conditioned(l.Path)
	if err != nil || n == nil {
		return err
	}
	var c Condition
	on := n
	if of != nil {
		on = n.ofRows()
	}
	if err := p.logic(&c, &l.Tree, on); err != nil {
		return err
	}
	switch {
	case of != nil:
		*of = append(*of, c)
	case onGroups(&c):
		n.Having = append(n.Having, c)
	default:
		n.Where = append(n.Where, c)
	}
	return nil
}

// conditioned returns the node that conditions at path restrict, or nil for the top level of a write. If the path ends
// with the name of an aggregate, they restrict the rows of that aggregate, whose conditions are returned too.
func (p *planning) conditioned(path request.Path) (n *ReadNode, of *[]Condition, err *apierr.Error) {
	if len(path) == 0 && p.req.Action.Mutates() {
		return nil, nil, nil
	}
	n = p.plan.Read
	for _, name := range path {
		next := p.step(n, name)
		if next == nil {
			return p.aggregated(n, name)
		}
		n = next
	}
	return n, nil, nil
}

// aggregated returns the conditions on n's rows for the aggregate that n, or a to-one spread in it, selects under a
// name.
func (p *planning) aggregated(n *ReadNode, name string) (*ReadNode, *[]Condition, *apierr.Error) {
	if i := n.aggregate(name); i >= 0 {
		return n, &n.Select[i].Filter, nil
	}
	if from, i := n.spreadAggregate(name); from != nil {
		return n, &from.Select[i].ParentFilter, nil
	}
	return nil, nil, errAggregatesOfMany()
}

// spreadAggregate returns the to-one spread in n, possibly in another one, that selects an aggregate under a name, and
// the index of that, or nil.
func (n *ReadNode) spreadAggregate(name string) (from *ReadNode, index int) {
	for from = n.spreadWith(aggregating(name)); from != nil; from = from.spreadWith(aggregating(name)) {
		if i := from.aggregate(name); i >= 0 {
			return from, i
		}
	}
	return nil, -1
}

// aggregating returns a property of nodes: to select an aggregate under a name.
func aggregating(name string) func(*ReadNode) bool {
	return func(n *ReadNode) bool { return n.aggregate(name) >= 0 }
}

// comparesAggregate reports whether a filter on n compares an aggregate that n selects, rather than a column.
func (p *planning) comparesAggregate(n *ReadNode, f *request.Filter) bool {
	return p.namesAggregate(n, f) && // and not one of a to-many spread
		(n.aggregate(f.Field.Name) >= 0 || n.spreadWith(aggregating(f.Field.Name)) != nil)
}

// namesAggregate reports whether the name in a filter on n is that of an aggregate in n's select list. Where there is a
// column of that name, it is so with the extensions only.
func (p *planning) namesAggregate(n *ReadNode, f *request.Filter) bool {
	return len(n.items) > 0 && !n.spread() && len(f.Field.Path) == 0 && aggregatesAs(n.items, f.Field.Name, true) &&
		(p.o.Extensions || n.table == nil || n.table.Column(f.Field.Name) == nil)
}

// aggregateIn returns the name of an aggregate of n that a filter in a logic tree on its rows compares. Below a condition on
// rows that are related to these it does not look.
func (p *planning) aggregateIn(l *request.Logic, n *ReadNode) (name string, ok bool) {
	if l.Op == request.LogicFilter {
		return l.Filter.Field.Name, p.namesAggregate(n, &l.Filter)
	}
	for i := range l.Terms {
		if l.Terms[i].Op == request.LogicRelated {
			continue
		}
		if name, ok = p.aggregateIn(&l.Terms[i], n); ok {
			return name, true
		}
	}
	return "", false
}

// ofRows returns n for conditions on its rows, in which no name is that of an aggregate.
func (n *ReadNode) ofRows() *ReadNode {
	rows := *n
	rows.items = nil
	return &rows
}

// aggregatesAs reports whether one of items is an aggregate with a name, or one of those in their spreads if these are
// included.
func aggregatesAs(items []request.SelectItem, name string, spreads bool) bool {
	for i := range items {
		item := &items[i]
		if item.Aggregate != request.NoAggregate && shownAs(item) == name ||
			spreads && item.Kind == request.SelectSpread && aggregatesAs(item.Items, name, true) {
			return true
		}
	}
	return false
}

// aggregate returns the index of the aggregate that n itself selects under a name, -1 if there is none. "*" may include
// a column of that name.
func (n *ReadNode) aggregate(name string) int {
	return slices.IndexFunc(n.Select, func(f SelectField) bool {
		return f.Aggregate != request.NoAggregate && f.shownAs() == name
	})
}

// onGroups reports whether a filter in a tree compares an aggregate.
func onGroups(c *Condition) bool {
	if c.Kind == CondRelated {
		return false
	}
	for i := range c.Terms {
		if onGroups(&c.Terms[i]) {
			return true
		}
	}
	return c.Selected > 0 || c.Spread != nil
}

// rootConditions counts the filters and logic trees of the top level.
func (p *planning) rootConditions() int {
	q, count := &p.req.Query, 0
	for i := range q.Filters {
		if len(q.Filters[i].Path) == 0 {
			count++
		}
	}
	for i := range q.Logic {
		if len(q.Logic[i].Path) == 0 {
			count++
		}
	}
	return count
}

// condition appends a zero condition to the node's conditions.
func (n *ReadNode) condition() *Condition {
	n.Where = append(n.Where, Condition{})
	return &n.Where[len(n.Where)-1]
}

// filter resolves one condition on n, an aggregate or a column of its relation, into dst, which must be
// zero.
func (p *planning) filter(dst *Condition, f *request.Filter, n *ReadNode) {
	if !p.comparesAggregate(n, f) {
		p.scope(n).filter(dst, f, n)
		return
	}
	dst.Filter = f
	if i := n.aggregate(f.Field.Name); i >= 0 {
		dst.Field, dst.Selected = p.aggregateField(n, i), i+1
		return
	}
	dst.Field = p.aggregateField(n.spreadAggregate(f.Field.Name))
	dst.Field.Name, dst.Spread = f.Field.Name, n.spreadWith(aggregating(f.Field.Name))
}

// aggregateField returns the field of an aggregate as the operand of a filter. The least and the greatest value of a
// domain are compared with what its representation makes of a text.
func (p *planning) aggregateField(n *ReadNode, index int) Field {
	s := &n.Select[index]
	field := s.Field
	field.Transform = cache.QualifiedName{}
	if s.Aggregate.IsExtreme() && s.Cast == "" && s.AggregateCast == "" {
		p.scope(n).parseFrom("text", &field)
	}
	return field
}

// filter resolves one condition on a column into dst, which must be zero. "is null" on the name of an embed of n tests
// whether the embed has no rows, unless columns take precedence.
func (s scope) filter(dst *Condition, f *request.Filter, n *ReadNode) {
	if f.Op == request.OpIs && f.Is == request.IsNull && len(f.Field.Path) == 0 {
		if embed := n.child(f.Field.Name); embed != nil && (!n.columnsFirst || s.table.Column(f.Field.Name) == nil) {
			dst.Kind, dst.Not, dst.Embed = CondEmbedNull, f.Not, embed
			return
		}
	}
	dst.Filter = f
	s.operand(&dst.Field, f)
}

// logic resolves a boolean tree on rows of n into dst, which must be zero.
func (p *planning) logic(dst *Condition, l *request.Logic, n *ReadNode) *apierr.Error {
	switch l.Op {
	case request.LogicFilter:
		p.filter(dst, &l.Filter, n)
		return nil
	case request.LogicRelated:
		return p.related(dst, l, n)
	case request.LogicAnd:
		dst.Kind = CondAnd
	case request.LogicOr:
		dst.Kind = CondOr
	}
	dst.Not = l.Not
	return p.terms(dst, l, n)
}

// terms resolves the subtrees of a boolean tree on rows of n.
func (p *planning) terms(dst *Condition, l *request.Logic, n *ReadNode) *apierr.Error {
	dst.Terms = make([]Condition, len(l.Terms))
	for i := range l.Terms {
		if err := p.logic(&dst.Terms[i], &l.Terms[i], n); err != nil {
			return err
		}
	}
	return nil
}
