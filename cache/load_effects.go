package cache

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// purity reads what runs when the relations are read and written, and what that sees of a request. A search path that
// names pg_catalog lets users' functions, operators and types stand before PostgreSQL's; then nothing is known.
func (l *loader) purity(ctx context.Context) error {
	if slices.Contains(l.options.Schemas, "pg_catalog") || slices.Contains(l.options.ExtraSearchPath, "pg_catalog") {
		return nil
	}
	g := newGraph()
	if err := l.links(ctx, g); err != nil {
		return err
	}
	roots := make([]root, 0, len(l.relations))
	for oid, r := range l.relations {
		roots = append(roots, root{oid, byte(l.catalog.Tables[r.table].Kind)})
	}
	needs := g.arcs()
	reached := g.reach(needs, roots)
	if err := l.ownEffects(ctx, g, reached); err != nil {
		return err
	}
	if l.code.free {
		l.setEffects(g.effects(needs, reached), roots)
	}
	return nil
}

// links reads the links of all relations.
func (l *loader) links(ctx context.Context, g graph) error {
	return l.query(ctx, "edges", [][]byte{nil}, func(r *row) {
		relation := r.oid()
		link := link{kind: r.char(), other: r.oid(), cascades: r.bool(), child: r.char()}
		g.links[relation] = append(g.links[relation], link)
	})
}

// setEffects tells the relations what their uses do.
func (l *loader) setEffects(total map[node]effect, roots []root) {
	for _, r := range roots {
		t := &l.catalog.Tables[l.relations[r.relation].table]
		read := total[node{r.relation, useRead}]
		t.Pure, t.Sees = read.pure(), read.sees()
		if writable(r.kind) {
			insert, change := total[node{r.relation, useInsert}], total[node{r.relation, useChange}]
			t.PureInsert, t.InsertSees = insert.pure(), insert.sees()
			t.PureChange, t.ChangeSees = change.pure(), change.sees()
		}
	}
}

// ownEffects reads what belongs to the relations that are reached, and judges it.
func (l *loader) ownEffects(ctx context.Context, g graph, reached map[node]bool) error {
	var relations []uint32
	for n := range reached {
		if n.use == useRead {
			relations = append(relations, n.relation)
		}
	}
	j := judge{code: &l.code, own: g.own, trees: make(map[string]*treeFacts)}
	params := [][]byte{nil, l.array(pgtype.OIDArrayOID, l.code.systemTypes())}
	if len(relations) <= maxAskedRelations {
		params[0] = l.array(pgtype.OIDArrayOID, relations)
	}
	return l.query(ctx, "parts", params, func(r *row) {
		relation, write := r.oid(), r.char() == 'w'
		j.part(relation, write, object{r.oid(), r.oid()}, r.bytes())
	})
}

// maxAskedRelations bounds how many relations are asked for one by one: PostgreSQL takes long to plan with long lists.
const maxAskedRelations = 1000

// systemTypes returns those of PostgreSQL's types that have effects.
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
	return types
}

// judge finds what relations do by themselves.
type judge struct {
	code  *userCode
	own   map[uint32]ownEffects
	trees map[string]*treeFacts // of short trees that were read: many are the same
}

// maxSharedTree bounds the length of trees that are remembered. Rules of views are longer, and seldom the same.
const maxSharedTree = 2000

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
	own := j.own[relation]
	if write {
		own.write |= found
	} else {
		own.read |= found
	}
	own.write |= always
	j.own[relation] = own
}

// needed judges an object that is needed, and says what writing does because of it.
func (j *judge) needed(what object) (found, writes effect) {
	if j.code.objects[what] {
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
			j.trees[string(text)] = facts
		}
	}
	found := effect(facts.sees)
	for _, oid := range facts.functions {
		found |= effect(j.code.sees[oid])
		if j.code.objects[object{classOfFunctions, oid}] {
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
