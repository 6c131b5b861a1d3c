package cache

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// purity reads what runs when the relations are read and written, and what that sees of a request.
func (l *loader) purity(ctx context.Context) error {
	roots := l.roots()
	w := l.graph.web(roots)
	reached := w.reach(roots)
	var inside []uint32
	for _, n := range reached {
		if n.use() == useRead { // whoever writes reads
			inside = append(inside, w.relations[n/uses])
		}
	}
	if err := l.ownEffects(ctx, inside); err != nil {
		return err
	}
	total := make([]effect, len(w.relations)*uses)
	if l.knowsPurity() {
		total = w.effects(&l.graph.own, reached)
	}
	for _, n := range reached {
		relation := w.relations[n/uses]
		l.graph.total.set(relation, l.graph.total.at(relation).with(n.use(), total[n]))
	}
	for oid := range l.fresh {
		if l.knowsPurity() {
			l.setEffects(oid)
		} else {
			l.clearEffects(oid)
		}
	}
	if l.earlier != nil {
		keepEqual(&l.graph.own, &l.earlier.graph.own)
		keepEqual(&l.graph.total, &l.earlier.graph.total)
	}
	return nil
}

// knowsPurity reports whether it can be known what runs. A search path that names pg_catalog lets users' functions,
// operators and types stand before PostgreSQL's.
func (l *loader) knowsPurity() bool {
	return l.code.free && !slices.Contains(l.options.Schemas, "pg_catalog") &&
		!slices.Contains(l.options.ExtraSearchPath, "pg_catalog")
}

// roots returns the relations that are served, of those that were read.
func (l *loader) roots() []root {
	roots := make([]root, 0, len(l.fresh))
	for oid, t := range l.fresh {
		roots = append(roots, root{oid, byte(t.Kind)})
	}
	return roots
}

// links reads the links of relations.
func (l *loader) links(ctx context.Context) error {
	links := renewLists(l, func(k *known) *layered[uint32, []link] { return &k.graph.links }, equal)
	users := renewLists(l, func(k *known) *layered[uint32, []uint32] { return &k.graph.users }, equal)
	err := l.query(ctx, "edges", [][]byte{l.asked()}, func(r *row) {
		relation := r.oid()
		link := link{kind: r.char(), other: r.oid(), cascades: r.bool(), child: r.char()}
		links.add(relation, link)
		users.add(link.other, relation)
	})
	links.end()
	users.end()
	return err
}

// clearEffects has nothing be known of what uses of a relation that was read do.
func (l *loader) clearEffects(oid uint32) {
	t := l.fresh[oid]
	cleared := *t
	cleared.Pure, cleared.PureInsert, cleared.PureChange, cleared.RowwiseInsert = false, false, false, false
	cleared.Sees, cleared.InsertSees, cleared.ChangeSees = 0, 0, 0
	if !sameEffects(t, &cleared) {
		*l.owned(oid) = cleared
	}
}

// setEffects tells a relation, if it is served, what its uses do.
func (l *loader) setEffects(oid uint32) {
	t := l.table(oid)
	if t == nil {
		return
	}
	total := l.graph.total.at(oid)
	set := *t
	set.Pure, set.Sees = total.read.pure(), total.read.sees()
	if writable(byte(t.Kind)) {
		set.PureInsert, set.InsertSees = total.insert.pure(), total.insert.sees()
		set.PureChange, set.ChangeSees = total.change.pure(), total.change.sees()
		set.RowwiseInsert = set.PureInsert && t.Kind == KindTable && rowwise(oid, l.graph.links.at(oid))
	}
	if !sameEffects(t, &set) {
		*l.owned(oid) = set
	}
}

// rowwise reports whether what is inserted into a table with the given links cannot be seen by the checks of other rows
// of the same statement: no policy names a relation, and no foreign key leads to the table or, of a partition, possibly
// to the table that it is part of.
func rowwise(table uint32, links []link) bool {
	child, references := false, false
	for _, l := range links {
		switch {
		case l.kind == linkPolicy, l.kind == linkForeign && l.other == table:
			return false
		case l.kind == linkForeign:
			references = true
		case l.kind == linkParent:
			child = true
		}
	}
	return !child || !references
}

// sameEffects reports whether uses of relations do the same.
func sameEffects(a, b *Table) bool {
	return a.Pure == b.Pure && a.PureInsert == b.PureInsert && a.PureChange == b.PureChange &&
		a.RowwiseInsert == b.RowwiseInsert &&
		a.Sees == b.Sees && a.InsertSees == b.InsertSees && a.ChangeSees == b.ChangeSees
}

// ownEffects reads what belongs to relations, and judges it.
func (l *loader) ownEffects(ctx context.Context, relations []uint32) error {
	if len(relations) == 0 {
		return nil
	}
	for _, oid := range relations {
		l.graph.own.set(oid, ownEffects{})
	}
	params := l.partsParams(relations)
	naming := renewLists(l, func(k *known) *layered[object, []uint32] { return &k.naming }, equal)
	j := judge{code: &l.code, own: &l.graph.own, trees: make(map[string]*treeFacts)}
	err := l.query(ctx, "parts", params, func(r *row) {
		relation, use, what, tree := r.oid(), r.char(), object{r.oid(), r.oid()}, r.bytes()
		if !l.graph.own.has(relation) {
			return
		}
		if use == useName {
			l.name(&naming, what, relation)
			return
		}
		j.part(relation, use == 'w', what, tree)
	})
	naming.end()
	return err
}

// partsParams are the parameters of parts.sql for relations.
func (l *loader) partsParams(relations []uint32) [][]byte {
	params := [][]byte{nil, l.array(pgtype.OIDArrayOID, l.code.systemTypes())}
	if l.only != nil || len(relations) <= maxAskedRelations {
		params[0] = l.array(pgtype.OIDArrayOID, relations)
	}
	return params
}

// name notes that a relation changes with an object. All relations are read one after the other.
func (l *loader) name(naming *renewedLists[object, uint32], what object, relation uint32) {
	named := naming.at(what)
	if len(named) > 0 && named[len(named)-1] == relation || l.only != nil && slices.Contains(named, relation) {
		return
	}
	naming.add(what, relation)
	if l.only != nil {
		l.reached = append(l.reached, what.oid)
	}
}

// useName is the use of an object whose change or end may change the relation, as parts.sql has it.
const useName = 'n'

// maxAskedRelations bounds how many relations are asked for one by one: PostgreSQL takes long to plan with long lists.
const maxAskedRelations = 1000

// systemTypes returns those of PostgreSQL's types that have effects, in order.
func (c *userCode) systemTypes() []uint32 {
	var types []uint32
	for what := range c.objects {
		if what.class == classOfTypes && what.oid < firstUserOid {
			types = append(types, what.oid)
		}
	}
	for oid := range c.pathTypes {
		if oid < firstUserOid {
			types = append(types, oid)
		}
	}
	slices.Sort(types)
	return types
}

// judge finds what relations do by themselves.
type judge struct {
	code  *userCode
	own   *layered[uint32, ownEffects]
	trees map[string]*treeFacts // of short trees that were read: many are the same
}

// maxSharedTree bounds the length of trees that are remembered, maxSharedTrees how many they are. Rules of views are
// longer, and seldom the same.
const (
	maxSharedTree  = 2000
	maxSharedTrees = 2000
)

// part judges a row of parts.sql.
func (j *judge) part(relation uint32, write bool, what object, tree []byte) {
	var found, always effect
	switch {
	case tree != nil && what.class == classOfDefaults:
		found = j.tree(withoutSequences(tree))
	case tree != nil:
		found = j.tree(tree)
	case what.class == 0:
		found = effectCode
	default:
		found, always = j.needed(what)
	}
	own := j.own.at(relation)
	if write {
		own.write |= found
	} else {
		own.read |= found
	}
	own.write |= always
	j.own.set(relation, own)
}

// needed judges an object that is needed, and says what writing does because of it.
func (j *judge) needed(what object) (found, writes effect) {
	if j.code.objects[what] || what.class == classOfFunctions && j.code.runs(what.oid) {
		found = effectCode
	}
	if what.class == classOfTypes && j.code.pathTypes[what.oid] {
		found |= effect(SettingSearchPath)
	}
	// Messages about what cannot be written name types and index expressions, with their schema if it is not in the path.
	named := what.class == classOfTypes || what.class == classOfFunctions || what.class == classOfOperators
	if named && what.oid >= firstUserOid {
		writes = effect(SettingSearchPath)
	}
	return found, writes
}

// tree judges an expression.
func (j *judge) tree(text []byte) effect {
	facts := j.trees[string(text)]
	if facts == nil {
		facts = readTree(text)
		if len(text) <= maxSharedTree {
			if len(j.trees) == maxSharedTrees { // of many that differ, none comes again soon
				clear(j.trees)
			}
			j.trees[string(text)] = facts
		}
	}
	found := effect(facts.sees)
	for _, oid := range facts.functions {
		found |= effect(j.code.sees[oid])
		if j.code.runs(oid) {
			found |= effectCode
		}
	}
	for _, oid := range facts.relations { // a view of the system's
		if oid < firstUserOid && j.code.objects[object{classOfRelations, oid}] {
			found |= effectCode
		}
	}
	return found | j.namedTypes(facts)
}

// namedTypes judges the types in an expression. A message about a value that cannot be converted names the type.
func (j *judge) namedTypes(facts *treeFacts) effect {
	for _, oid := range facts.types {
		if j.code.pathTypes[oid] {
			return effect(SettingSearchPath)
		}
	}
	for _, oid := range facts.casts {
		if j.code.pathTypes[oid] || oid >= firstUserOid {
			return effect(SettingSearchPath)
		}
	}
	return 0
}
