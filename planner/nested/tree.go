package nested

import (
	"bytes"
	"slices"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
	"trunkline/planner/request"
)

// Limits bound a payload.
type Limits struct {
	// Depth is how many places there may be below one another besides the root, Relations how many in all, and Rows how
	// many rows at all of them.
	Depth, Relations, Rows int
}

// Write is a nested write.
type Write struct {
	// Root is the place of the rows of the request's relation, Places are all places, each behind the one above it.
	Root   *Place
	Places []*Place

	req *request.Request
}

// builder takes a payload apart.
type builder struct {
	*Write
	snap    *cache.Snapshot
	limits  Limits
	reserve request.Reserve
	rows    int
	values  int
	// at is where in the payload the reason of an error is.
	at string
}

// New takes apart the payload of a request, which must have been checked. If there is an error, at is where in the
// payload its reason is, or "".
func New(req *request.Request, body []byte, snap *cache.Snapshot, l Limits, reserve request.Reserve) (w *Write, at string, err *apierr.Error) {
	b := &builder{Write: &Write{req: req}, snap: snap, limits: l, reserve: reserve}
	if err := b.build(body); err != nil {
		return nil, b.at, err
	}
	return b.Write, "", nil
}

func (b *builder) build(body []byte) *apierr.Error {
	name := cache.QualifiedName{Schema: b.req.Schema, Name: b.req.Resource}
	p := &Place{Table: b.snap.Table(name), Resolution: b.req.Preferences.Resolution}
	if p.Table == nil {
		_, err := planner.New(b.req, b.snap, &planner.Options{}) // says what may have been meant
		return err
	}
	b.Root = p
	if n := b.req.Nested; n.HasColumns {
		p.list(n.Columns)
	}
	p.setConflict(b.req.Nested.Conflict, b.req.Nested.HasConflict)
	b.Places = append(b.Places, p)
	if err := b.root(body); err != nil {
		return err
	}
	return b.settle()
}

// root reads the rows of the root: one, or for an insert an array.
func (b *builder) root(body []byte) *apierr.Error {
	body = bytes.TrimLeft(body, " \t\r\n")
	switch {
	case body[0] == '{':
		return b.row(b.Root, body, -1, -1)
	case body[0] == '[' && b.req.Action == request.ActionInsert:
		return b.array(b.Root, body, -1)
	case b.req.Action == request.ActionInsert:
		return apierr.InvalidBody("A nested write must be an object or an array")
	default:
		return apierr.InvalidBody("A nested " + b.req.Method + " must be an object")
	}
}

// array reads the rows of a place in an array, which belong to the row above.
func (b *builder) array(p *Place, array []byte, above int32) *apierr.Error {
	index := int32(0)
	for value := range jsontext.Elements(array) {
		if value[0] != '{' {
			return b.fail(p, above, index, "", apierr.InvalidBody("A row must be an object"))
		}
		if err := b.row(p, value, above, index); err != nil {
			return err
		}
		index++
	}
	return nil
}

// rowMemory is about the memory that a row takes, in bytes, and valueMemory that of a value besides its text.
const (
	rowMemory   = 128
	valueMemory = 64
	// reserved is for how many rows, or values, memory is reserved at once.
	reserved = 1024
)

// row reads one row.
func (b *builder) row(p *Place, object []byte, above, index int32) *apierr.Error {
	if b.rows++; b.rows > b.limits.Rows {
		return b.fail(p, above, index, "", apierr.LimitExceeded("rows", b.limits.Rows, "nested-max-rows"))
	}
	if err := b.ask(b.rows, rowMemory); err != nil {
		return err
	}
	at := int32(len(p.Rows))
	p.Rows = append(p.Rows, Row{above: above, index: index})
	var below []member
	for name, value := range jsontext.Members(object) {
		key := jsontext.Text(name)
		u, ok, err := b.useOf(p, key, value)
		switch {
		case err != nil:
			return b.fail(p, above, index, key, err)
		case !ok:
			continue
		case u.below != nil:
			if slices.ContainsFunc(below, func(m member) bool { return m.place == u.below }) {
				return b.fail(p, above, index, key, apierr.InvalidBody("The rows of a relationship are given twice"))
			}
			below = append(below, member{u.below, value})
			continue
		}
		if err := b.value(p, at, u.column, value); err != nil {
			return err
		}
	}
	for _, m := range below {
		if err := b.below(m.place, m.value, at); err != nil {
			return err
		}
	}
	return nil
}

// member is a member of a row whose value are the rows of a place below.
type member struct {
	place *Place
	value []byte
}

// value adds a value to a row. Of repeated keys the last one counts, as for PostgreSQL.
func (b *builder) value(p *Place, row int32, column int, text []byte) *apierr.Error {
	r := &p.Rows[row]
	for len(p.seen) <= column {
		p.seen = append(p.seen, seen{row: -1})
	}
	if s := p.seen[column]; s.row == row {
		r.values[s.at].text = text
		return nil
	}
	p.seen[column] = seen{row, int32(len(r.values))}
	r.values = append(r.values, given{column, text})
	b.values++
	return b.ask(b.values, valueMemory)
}

// ask reserves memory for the next ones, when n are there.
func (b *builder) ask(n, memory int) *apierr.Error {
	if n%reserved != 0 || b.reserve == nil {
		return nil
	}
	return b.reserve(reserved * memory)
}

// below reads the rows of a place that belong to the row above.
func (b *builder) below(p *Place, value []byte, above int32) *apierr.Error {
	for len(p.ofParent) <= int(above) {
		p.ofParent = append(p.ofParent, 0)
	}
	single := p.Kind == ToOne || p.Kind == ToOwn
	switch c := value[0]; {
	case c == 'n' && single:
		if p.nulls == nil {
			p.nulls = make(map[int32]bool)
		}
		p.nulls[above] = true
		return nil
	case c == 'n':
		return nil
	case single && c != '{':
		return b.fail(p, above, -1, "", apierr.InvalidBody("There is at most one row of '"+p.Table.Name.Name+"' here: it must be an object"))
	case !single && c != '[':
		return b.fail(p, above, -1, "", apierr.InvalidBody("There may be several rows of '"+p.Table.Name.Name+"' here: they must be in an array"))
	}
	p.mentions = append(p.mentions, above)
	if !single {
		return b.array(p, value, above)
	}
	p.ofParent[above] = int32(len(p.Rows)) + 1
	return b.row(p, value, above, -1)
}

// fail notes where the reason of an error is: at a member of a row of the place, which need not exist yet.
func (b *builder) fail(p *Place, above, index int32, key string, err *apierr.Error) *apierr.Error {
	if b.at == "" {
		at := *p
		at.Rows = []Row{{above: above, index: index}}
		b.at = join(at.Path(0), key)
	}
	return err
}

// newPlace adds the place of a relationship below p.
func (b *builder) newPlace(p *Place, key, target, hint string) (*Place, *apierr.Error) {
	if p.depth == b.limits.Depth {
		return nil, apierr.LimitExceeded("nested relations", b.limits.Depth, "nested-max-depth")
	}
	if len(b.Places) > b.limits.Relations {
		return nil, apierr.LimitExceeded("relations", b.limits.Relations, "nested-max-relations")
	}
	rel, err := planner.FindRelationship(b.snap, p.Table.Name, target, hint, b.req.Schema)
	if err != nil {
		return nil, err
	}
	below := &Place{Key: key, Parent: p, Relationship: rel, Table: b.snap.Table(rel.Foreign), depth: p.depth + 1}
	switch rel.Cardinality {
	case cache.ManyToOne:
		below.Kind = ToOne
	case cache.OneToMany:
		below.Kind = ToMany
	case cache.OneToOne:
		if below.Kind = ToOne; rel.Referenced {
			below.Kind = ToOwn
		}
	case cache.ManyToMany:
		below.Kind = Junction
	default:
		return nil, apierr.NotImplemented("The rows of a computed relationship cannot be written: '" + target + "' is one.")
	}
	if below.Table == nil {
		return nil, apierr.UnknownTable(rel.Foreign.Schema, rel.Foreign.Name, "")
	}
	below.prefer(&b.req.Preferences)
	below.findConflict(key, target, hint)
	p.Children, b.Places = append(p.Children, below), append(b.Places, below)
	return below, nil
}

// list sets what the request lists for the place.
func (p *Place) list(items []request.SelectItem) {
	p.lists, p.listed = true, items
	for i := range items {
		name := items[i].Field.Name
		switch {
		case items[i].Kind != request.SelectField:
		case name == "*":
			p.all = true
		default:
			p.addColumn(name)
		}
	}
}

// prefer sets what is preferred for the place: for its own level, or for all.
func (p *Place) prefer(all *request.Preferences) {
	p.Mode, p.Resolution = all.Children, all.Resolution
	path := p.Key
	for above := p.Parent; above != nil && above.Kind != Root; above = above.Parent {
		path = above.Key + "." + path
	}
	for i := len(all.Levels) - 1; i >= 0; i-- { // the first counts
		l := &all.Levels[i]
		if l.Path != path {
			continue
		}
		if l.Children != request.ChildrenUnset {
			p.Mode = l.Children
		}
		if l.Resolution != request.NoResolution {
			p.Resolution = l.Resolution
		}
	}
	if p.Resolution == request.NoResolution && p.Mode.Replaces() {
		p.Resolution = request.MergeDuplicates
	}
}

// findConflict sets what on_conflict says of the place.
func (p *Place) findConflict(key, target, hint string) {
	at := slices.IndexFunc(p.Parent.conflict, func(item request.SelectItem) bool {
		return item.Kind == request.SelectEmbed &&
			(nameOf(&item) == key || item.Relation == target && (item.Hint == "" || item.Hint == hint))
	})
	if at < 0 {
		p.setConflict(nil, false)
		return
	}
	p.setConflict(p.Parent.conflict[at].Items, true)
}

// setConflict sets the columns by which existing rows are found: those that the request names, or the primary key.
func (p *Place) setConflict(items []request.SelectItem, has bool) {
	p.conflict = items
	for i := range items {
		if items[i].Kind == request.SelectField {
			p.Conflict, p.HasConflict = append(p.Conflict, items[i].Field.Name), has
		}
	}
	if !p.HasConflict {
		p.Conflict = p.Table.PrimaryKey
	}
}
