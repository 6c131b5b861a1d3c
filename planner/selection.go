package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// selectFields resolves the fields that the tree's nodes select. grouped is set if a parent's rows are grouped by the
// fields that they select.
func (p *planning) selectFields(n *ReadNode, grouped bool) {
	grouped = grouped || groups(n) || n.Output == SpreadMany
	s := p.scope(n)
	expand := n.table != nil && selectsStar(n.items) && (grouped || s.represented())
	n.Select = make([]SelectField, 0, countFields(n, expand))
	for i := range n.items {
		item := &n.items[i]
		switch {
		case item.Kind != request.SelectField:
		case item.Readable && len(p.readable(n)) > 0:
			n.Select = s.appendNamed(n.Select, p.readable(n))
		case expand && plainStar(item):
			n.Select = s.appendColumns(n.Select)
		default:
			n.Select = append(n.Select, SelectField{})
			s.selectField(&n.Select[len(n.Select)-1], item, n.spread())
		}
	}
	for _, c := range n.Children {
		p.selectFields(c, grouped)
	}
	n.Empty = len(n.Select) == 0 && !hasContent(n.Children)
}

// readable returns the columns of n that the role may read if these are only some of them. The rows of a function may
// be read by whoever may call it.
func (p *planning) readable(n *ReadNode) []string {
	if n.table == nil || n.FromSource && p.req.Action.Calls() {
		return nil
	}
	return n.table.Readers[p.req.Role]
}

// selectField resolves one item of a select list into dst, which must be zero.
func (s scope) selectField(dst *SelectField, item *request.SelectItem, spread bool) {
	s.field(&dst.Field, &item.Field)
	s.show(&dst.Field)
	dst.Cast, dst.Alias = item.Cast, item.Alias
	dst.Aggregate, dst.AggregateCast = item.Aggregate, item.AggregateCast
	// count() in a spread counts the rows of the spread, not those of the relation that it is spread into.
	dst.Field.FullRow = spread && item.Aggregate == request.Count && item.Field.Name == "*"
	if dst.Alias == "" {
		dst.Alias = automaticAlias(dst, spread)
	}
}

// appendColumns expands "*".
func (s scope) appendColumns(fields []SelectField) []SelectField {
	for i := range s.table.Columns {
		fields = s.appendColumn(fields, &s.table.Columns[i])
	}
	return fields
}

// appendNamed appends the columns with some names.
func (s scope) appendNamed(fields []SelectField, names []string) []SelectField {
	for _, name := range names {
		if c := s.table.Column(name); c != nil {
			fields = s.appendColumn(fields, c)
		}
	}
	return fields
}

func (s scope) appendColumn(fields []SelectField, c *cache.Column) []SelectField {
	fields = append(fields, SelectField{})
	f := &fields[len(fields)-1]
	f.Field.describe(c)
	f.Field.Literal = true
	s.show(&f.Field)
	f.Alias = automaticAlias(f, false)
	return fields
}

// automaticAlias returns the name of a field that has no alias in the request and that PostgreSQL would name
// differently, or "" if PostgreSQL's name is right. Such fields are JSON paths, domain representations, and aggregates
// that the parent of a spread refers to.
func automaticAlias(f *SelectField, spread bool) string {
	switch {
	case f.Aggregate != request.NoAggregate && (spread || f.Field.Transform.Name != ""):
		return f.Aggregate.Column()
	case f.Aggregate != request.NoAggregate:
		return ""
	case len(f.Field.Path) > 0:
		return pathName(f.Field.Name, f.Field.Path)
	case f.Field.Transform.Name != "":
		return f.Field.Name
	default:
		return ""
	}
}

// pathName returns the last key of a path, or the column's name if the path has only indexes.
func pathName(column string, path []request.JSONStep) string {
	for i := len(path) - 1; i >= 0; i-- {
		if !path[i].Index {
			return path[i].Key
		}
	}
	return column
}

// countFields returns the number of fields that the node selects.
func countFields(n *ReadNode, expand bool) int {
	count := 0
	for i := range n.items {
		switch {
		case n.items[i].Kind != request.SelectField:
		case expand && plainStar(&n.items[i]):
			count += len(n.table.Columns)
		default:
			count++
		}
	}
	return count
}

// plainStar reports whether item is "*". "count()" has the same field.
func plainStar(item *request.SelectItem) bool {
	return item.Kind == request.SelectField && item.Field.Name == "*" && item.Aggregate == request.NoAggregate
}

// isStar reports whether the field is "*": all columns, not one of that name.
func (f *SelectField) isStar() bool {
	return f.Field.Name == "*" && !f.Field.Literal && len(f.Field.Path) == 0 && f.Aggregate == request.NoAggregate
}

func selectsStar(items []request.SelectItem) bool {
	for i := range items {
		if plainStar(&items[i]) {
			return true
		}
	}
	return false
}

// groups reports whether the node's rows are grouped: it selects an aggregate itself or through a to-one spread.
func groups(n *ReadNode) bool {
	for i := range n.items {
		if n.items[i].Aggregate != request.NoAggregate {
			return true
		}
	}
	for _, c := range n.Children {
		if c.Output == SpreadOne && groups(c) {
			return true
		}
	}
	return false
}

// hasContent reports whether anything of the nodes is returned.
func hasContent(nodes []*ReadNode) bool {
	for _, n := range nodes {
		if !n.Empty {
			return true
		}
	}
	return false
}

// anyAggregate reports whether a node of the tree selects an aggregate.
func anyAggregate(n *ReadNode) bool {
	for i := range n.Select {
		if n.Select[i].Aggregate != request.NoAggregate {
			return true
		}
	}
	for _, c := range n.Children {
		if anyAggregate(c) {
			return true
		}
	}
	return false
}
