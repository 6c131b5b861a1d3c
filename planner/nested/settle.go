package nested

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// settle checks the rows of all places, and determines what others need of them.
func (b *builder) settle() *apierr.Error {
	for _, p := range b.Places {
		if p.Kind == ToOne {
			p.inherit()
		}
	}
	for _, p := range b.Places {
		if err := b.checkKeys(p); err != nil {
			return err
		}
		if p.Kind != Root && p.Mode.Links() {
			if err := b.checkLinks(p); err != nil {
				return err
			}
		}
		p.relate()
	}
	return nil
}

// inherit gives rows that the rows above refer to the parts of the key that these have themselves.
func (p *Place) inherit() {
	for _, pair := range p.Relationship.Columns {
		at := slices.Index(p.columns, pair.To)
		for i := range p.Rows {
			from := p.Parent.own(int(p.Rows[i].above), pair.From)
			if from == nil || from[0] == 'n' || p.own(i, pair.To) != nil {
				continue
			}
			if at < 0 {
				at = p.addColumn(pair.To).column
			}
			p.Rows[i].values = append(p.Rows[i].values, given{at, from})
		}
	}
}

// checkKeys returns an error unless all rows give the same columns, apart from those of keys, if nothing else says what
// the value of the others is.
func (b *builder) checkKeys(p *Place) *apierr.Error {
	if p.lists || b.req.Preferences.Missing != request.MissingUnset {
		return nil
	}
	counts := make([]int, len(p.columns))
	for i := range p.Rows {
		for _, g := range p.Rows[i].values {
			counts[g.column]++
		}
	}
	for c, n := range counts {
		if n == len(p.Rows) || p.mayLack(p.columns[c]) {
			continue
		}
		row := slices.IndexFunc(p.Rows, func(r Row) bool {
			return !slices.ContainsFunc(r.values, func(g given) bool { return g.column == c })
		})
		b.at = p.Path(row)
		return apierr.InvalidBody("All object keys must match").Advise("'" + p.columns[c] + "' is missing. Prefer: missing=default or " +
			"missing=null says what its value is.")
	}
	return b.checkReferences(p)
}

// checkReferences returns an error if only some rows that may exist say to which row they refer: one statement writes all
// of them, and would make the others refer to none.
func (b *builder) checkReferences(p *Place) *apierr.Error {
	if p.Resolution != request.MergeDuplicates {
		return nil
	}
	for _, child := range p.Children {
		if child.Kind != ToOne || len(child.Rows) == 0 && len(child.nulls) == 0 {
			continue
		}
		for row := range p.Rows {
			refers := row < len(child.ofParent) && child.ofParent[row] > 0 || child.nulls[int32(row)]
			if !refers && p.own(row, child.Relationship.Columns[0].From) == nil {
				b.at = p.Path(row)
				return apierr.InvalidBody("All object keys must match").Advise("'" + child.Key + "' is missing, which may be null.")
			}
		}
	}
	return nil
}

// mayLack reports whether some rows may lack a column that others give: a part of a key.
func (p *Place) mayLack(column string) bool {
	return slices.Contains(p.Conflict, column) || slices.Contains(p.linked(), column)
}

// linked returns the columns whose values are those of related rows.
func (p *Place) linked() (columns []string) {
	if p.Kind == ToMany || p.Kind == ToOwn {
		columns = appendTo(columns, p.Relationship.Columns)
	}
	for _, child := range p.Children {
		if child.Kind == ToOne && (len(child.Rows) > 0 || len(child.nulls) > 0) {
			columns = appendFrom(columns, child.Relationship.Columns)
		}
	}
	return columns
}

func appendFrom(columns []string, pairs []cache.ColumnPair) []string {
	for _, pair := range pairs {
		columns = append(columns, pair.From)
	}
	return columns
}

func appendTo(columns []string, pairs []cache.ColumnPair) []string {
	for _, pair := range pairs {
		columns = append(columns, pair.To)
	}
	return columns
}

// checkLinks returns an error unless the rows to connect consist of their keys.
func (b *builder) checkLinks(p *Place) *apierr.Error {
	name := p.Table.Name.Name
	if p.Mode == request.ChildrenReplaceLink && (p.Kind == ToMany || p.Kind == ToOwn) {
		b.at = p.Path(-1)
		return apierr.InvalidBody("children=replace-link is for rows that a junction connects, and those of '" + name + "' would have to be deleted")
	}
	if len(p.Conflict) == 0 {
		b.at = p.Path(-1)
		return apierr.InvalidBody("Rows of '" + name + "' cannot be connected: it has no primary key").Advise("on_conflict can name the columns of another key.")
	}
	if p.Kind == ToMany || p.Kind == ToOwn {
		for _, pair := range p.Relationship.Columns {
			if slices.Contains(p.Table.PrimaryKey, pair.To) {
				b.at = p.Path(-1)
				return apierr.InvalidBody("Rows of '" + name + "' cannot be connected: '" + pair.To + "' belongs to their primary key")
			}
		}
	}
	for i := range p.Rows {
		for _, g := range p.Rows[i].values {
			if c := p.columns[g.column]; !slices.Contains(p.Conflict, c) {
				b.at = join(p.Path(i), c)
				return apierr.InvalidBody("A row that is connected consists of its key, to which '" + c + "' does not belong")
			}
		}
		for _, c := range p.Conflict {
			if p.own(i, c) == nil {
				b.at = p.Path(i)
				return apierr.InvalidBody("The key of a row that is connected is missing: '" + c + "'")
			}
		}
	}
	for _, child := range p.Children {
		if child.Kind == ToOne && (len(child.Rows) > 0 || len(child.nulls) > 0) {
			b.at = child.Path(-1)
			return apierr.InvalidBody("A row that is connected is not changed, so that it cannot refer to another one")
		}
	}
	return nil
}

// relate notes which columns of the place and of the one above are needed to relate their rows.
func (p *Place) relate() {
	if p.Kind == Root || !p.concerns() {
		return
	}
	r := p.Relationship
	switch p.Kind {
	case ToOne:
		p.need(appendTo(nil, r.Columns)...)
	case Junction:
		p.Parent.need(appendFrom(nil, r.Junction.Source)...)
		p.need(appendFrom(nil, r.Junction.Target)...)
	default:
		p.Parent.need(appendFrom(nil, r.Columns)...)
	}
	if p.Mode.Links() {
		p.need(p.Conflict...)
		p.need(p.Table.PrimaryKey...)
	}
}

// concerns reports whether there is anything to do at the place.
func (p *Place) concerns() bool { return len(p.Rows) > 0 || p.removes() }

// removes reports whether rows that the payload lacks are removed.
func (p *Place) removes() bool {
	return p.Mode.Replaces() && (p.Kind != ToOne) && (len(p.mentions) > 0 || p.Kind == ToOwn && len(p.nulls) > 0)
}
