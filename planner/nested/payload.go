package nested

import (
	"bytes"
	"slices"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// source is where the value of a column comes from, besides the row itself: from the row above, or from the row of a place
// below.
type source struct {
	column, of string
	place      *Place
	below      bool
}

// sources returns where the values of the linked columns come from.
func (p *Place) sources() (all []source) {
	if p.Kind == ToMany || p.Kind == ToOwn {
		for _, pair := range p.Relationship.Columns {
			all = append(all, source{pair.To, pair.From, p.Parent, false})
		}
	}
	for _, child := range p.Children {
		if child.Kind != ToOne || len(child.Rows) == 0 && len(child.nulls) == 0 {
			continue
		}
		for _, pair := range child.Relationship.Columns {
			all = append(all, source{pair.From, pair.To, child, true})
		}
	}
	return all
}

// value returns the value that a source has for a row, or nil if it has none.
func (s *source) value(p *Place, row int) (value []byte, at string, err *apierr.Error) {
	of := int(p.Rows[row].above)
	if s.below {
		if row >= len(s.place.ofParent) || s.place.ofParent[row] == 0 {
			return nil, "", nil
		}
		of = int(s.place.ofParent[row]) - 1
	}
	if value = s.place.known(of, s.of); value == nil || value[0] == 'n' {
		return nil, s.place.Path(of), apierr.NoKey(s.place.Table.Name.Name, s.of)
	}
	return value, "", nil
}

// values has the values of the linked columns of a row.
type values struct {
	columns []string
	texts   [][]byte
}

func (v *values) get(column string) []byte {
	if i := slices.Index(v.columns, column); i >= 0 {
		return v.texts[i]
	}
	return nil
}

// linkedValues returns the values of the linked columns of a row, which must not contradict each other or the row.
func (p *Place) linkedValues(row int, sources []source) (v values, at string, err *apierr.Error) {
	for i := range sources {
		s := &sources[i]
		value, at, err := s.value(p, row)
		switch {
		case err != nil:
			return v, at, err
		case value == nil:
			continue
		}
		before := v.get(s.column)
		if before == nil {
			v.columns, v.texts = append(v.columns, s.column), append(v.texts, value)
			if before = p.own(row, s.column); before == nil || before[0] == 'n' {
				continue
			}
		}
		if !same(before, value) {
			return v, join(p.Path(row), s.column), apierr.KeyDiffers(s.column, s.place.Table.Name.Name)
		}
	}
	return v, "", nil
}

// same reports whether two values have the same text.
func same(a, b []byte) bool { return bytes.Equal(unquote(a), unquote(b)) }

func unquote(text []byte) []byte {
	if text = bytes.TrimSpace(text); len(text) > 1 && text[0] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// Payload returns the payload of the statement that writes the rows of the place. If there is an error, at is where in
// the payload of the request its reason is.
func (p *Place) Payload() (payload []byte, at string, err *apierr.Error) {
	sources, o := p.sources(), objects{}
	for row := range p.Rows {
		linked, at, err := p.linkedValues(row, sources)
		if err != nil {
			return nil, at, err
		}
		o.begin()
		for _, g := range p.Rows[row].values {
			if name := p.columns[g.column]; linked.get(name) == nil {
				o.member(name, g.text)
			}
		}
		for i, name := range linked.columns {
			o.member(name, linked.texts[i])
		}
		p.nullify(&o, row, &linked)
		o.end()
	}
	return o.array(), "", nil
}

// nullify appends the columns of keys that are null because the row refers to none.
func (p *Place) nullify(o *objects, row int, linked *values) {
	for _, child := range p.Children {
		if child.Kind != ToOne || !child.nulls[int32(row)] {
			continue
		}
		for _, pair := range child.Relationship.Columns {
			if linked.get(pair.From) == nil && p.own(row, pair.From) == nil {
				o.member(pair.From, []byte("null"))
			}
		}
	}
}

// Identities returns the keys of the rows, which were written.
func (p *Place) Identities(key []string) []byte {
	var o objects
	for row := range p.Rows {
		o.begin()
		for _, c := range key {
			o.member(c, p.known(row, c))
		}
		o.end()
	}
	return o.array()
}

// Identity returns the value of a column of the key of a row that was written.
func (p *Place) Identity(row int, column string) []byte { return p.known(row, column) }

// Keys returns the keys of the rows that are connected, and the columns of the keys.
func (p *Place) Keys() (keys []byte, columns []string) {
	var o objects
	for row := range p.Rows {
		o.begin()
		for _, c := range p.Conflict {
			o.member(c, p.own(row, c))
		}
		o.end()
	}
	return o.array(), p.Conflict
}

// Attachment returns the payload of the statement that makes the rows refer to the rows above.
func (p *Place) Attachment() (payload []byte, at string, err *apierr.Error) {
	sources, o := p.sources(), objects{}
	for row := range p.Rows {
		o.begin()
		for _, c := range p.Table.PrimaryKey {
			o.member(c, p.known(row, c))
		}
		for i := range sources {
			value, at, err := sources[i].value(p, row)
			if err != nil {
				return nil, at, err
			}
			o.member(sources[i].column, value)
		}
		o.end()
	}
	return o.array(), "", nil
}

// AttachmentColumns returns the columns of the payload of Attachment, sorted.
func (p *Place) AttachmentColumns() []string {
	columns := appendTo(slices.Clone(p.Table.PrimaryKey), p.Relationship.Columns)
	slices.Sort(columns)
	return slices.Compact(columns)
}

// Removed returns the columns by which the rows to remove refer to the rows above, and those that identify rows which
// stay.
func (p *Place) Removed() (of, except []string) {
	if p.Kind == Junction {
		j := p.Relationship.Junction
		of = appendTo(nil, j.Source)
		return of, unique(appendTo(slices.Clone(of), j.Target))
	}
	return appendTo(nil, p.Relationship.Columns), p.Conflict
}

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Remaining returns the values of the columns that [Place.Removed] returns.
func (p *Place) Remaining() (of, except []byte, at string, err *apierr.Error) {
	if of, at, err = p.parents(); err != nil {
		return nil, nil, at, err
	}
	if p.Kind == Junction {
		except, at, err = p.Junctions()
		return of, except, at, err
	}
	sources, o := p.sources(), objects{}
	for row := range p.Rows {
		linked, at, err := p.linkedValues(row, sources)
		if err != nil && !p.Mode.Links() {
			return nil, nil, at, err
		}
		var key [][]byte
		for _, c := range p.Conflict {
			value := linked.get(c)
			if value == nil {
				value = p.own(row, c)
			}
			if value == nil || value[0] == 'n' {
				break
			}
			key = append(key, value)
		}
		if len(key) < len(p.Conflict) {
			continue // it is a new row
		}
		o.begin()
		for i, c := range p.Conflict {
			o.member(c, key[i])
		}
		o.end()
	}
	return of, o.array(), "", nil
}

// parents returns the keys of the rows above that have the member, under the names of the columns that refer to them.
func (p *Place) parents() (keys []byte, at string, err *apierr.Error) {
	pairs := p.pairsAbove()
	above := slices.Clone(p.mentions)
	for row := range p.nulls {
		above = append(above, row)
	}
	slices.Sort(above)
	var o objects
	for _, row := range above {
		o.begin()
		for _, pair := range pairs {
			value := p.Parent.known(int(row), pair.From)
			if value == nil || value[0] == 'n' {
				return nil, p.Parent.Path(int(row)), apierr.NoKey(p.Parent.Table.Name.Name, pair.From)
			}
			o.member(pair.To, value)
		}
		o.end()
	}
	return o.array(), "", nil
}

// pairsAbove returns the columns of the rows above, and those that refer to them.
func (p *Place) pairsAbove() []cache.ColumnPair {
	if p.Kind == Junction {
		return p.Relationship.Junction.Source
	}
	return p.Relationship.Columns
}

// Junctions returns the payload of the statement that inserts the rows of the junction.
func (p *Place) Junctions() (payload []byte, at string, err *apierr.Error) {
	j, o := p.Relationship.Junction, objects{}
	for row := range p.Rows {
		var v values
		for i := range len(j.Source) + len(j.Target) {
			of, at, pair := p.Parent, int(p.Rows[row].above), j.Source[:]
			if i >= len(j.Source) {
				of, at, pair, i = p, row, j.Target, i-len(j.Source)
			}
			value, column := of.known(at, pair[i].From), pair[i].To
			if value == nil || value[0] == 'n' {
				return nil, of.Path(at), apierr.NoKey(of.Table.Name.Name, pair[i].From)
			}
			if before := v.get(column); before == nil {
				v.columns, v.texts = append(v.columns, column), append(v.texts, value)
			} else if !same(before, value) {
				return nil, p.Path(row), apierr.KeyDiffers(column, of.Table.Name.Name)
			}
		}
		o.begin()
		for i, c := range v.columns {
			o.member(c, v.texts[i])
		}
		o.end()
	}
	return o.array(), "", nil
}

// Learn takes the values of the needed columns from what the statement of the step has returned: an array of objects with
// these columns in order, one for each row.
func (p *Place) Learn(kind StepKind, answer []byte) (at string, err *apierr.Error) {
	row := 0
	all := make([][]byte, len(p.Rows)*len(p.Returned))
	for object := range jsontext.Elements(answer) {
		if row == len(p.Rows) {
			return "", apierr.RowsDiffer(p.Table.Name.Name, row+1, len(p.Rows))
		}
		known := all[row*len(p.Returned) : (row+1)*len(p.Returned)]
		i := 0
		for _, value := range jsontext.Members(object) {
			if i < len(known) {
				known[i] = value
			}
			i++
		}
		p.Rows[row].known = known
		row++
	}
	switch {
	case row == len(p.Rows):
		return "", nil
	case kind == Find:
		for missing := range row { // what is returned is in the order of the keys
			if !p.isRow(missing) {
				row = missing
				break
			}
		}
		return p.Path(row), apierr.NoRowToConnect(p.Table.Name.Name)
	default:
		return p.Path(-1), apierr.RowsDiffer(p.Table.Name.Name, row, len(p.Rows))
	}
}

// isRow reports whether what is known of a row may be that of its key.
func (p *Place) isRow(row int) bool {
	for _, c := range p.Conflict {
		if !same(p.own(row, c), p.known(row, c)) {
			return false
		}
	}
	return true
}

// Attached notes that the rows refer to the rows above.
func (p *Place) Attached() {
	for i := range p.sources() {
		s := &p.sources()[i]
		if at := slices.Index(p.Returned, s.column); at >= 0 {
			for row := range p.Rows {
				p.Rows[row].known[at] = s.place.known(int(p.Rows[row].above), s.of)
			}
		}
	}
}
