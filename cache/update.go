package cache

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
)

// errUnknown says that it is not known what depends on a change, so that everything has to be loaded.
var errUnknown = errors.New("what depends on the change is not known")

// clone returns what may be changed without changing k: maps are new, what they lead to is the same.
func (k *known) clone() known {
	c := *k
	catalog := *k.catalog
	c.catalog = &catalog
	c.relations, c.constraints, c.rules = k.relations.clone(), k.constraints.clone(), k.rules.clone()
	c.columnTypes, c.operatorUse = maps.Clone(k.columnTypes), maps.Clone(k.operatorUse)
	c.graph, c.naming, c.homes = k.graph.clone(), k.naming.clone(), k.homes.clone()
	return c
}

// flat returns what is known, in maps of one layer.
func (k *known) flat() known {
	c := *k
	c.relations, c.constraints, c.rules = k.relations.whole(), k.constraints.whole(), k.rules.whole()
	c.graph = graph{k.graph.links.whole(), k.graph.users.whole(), k.graph.own.whole(), k.graph.total.whole()}
	c.naming, c.homes = k.naming.whole(), k.homes.whole()
	return c
}

// updater loads what was touched, and what depends on that, into a loader that knows the rest.
type updater struct {
	*loader
	touched *touched
	// changed are the relations that were touched, and others that change with them.
	changed map[uint32]bool
	// closed are those that it was looked at by [updater.close].
	closed map[uint32]bool
	// everyRoutine is set if the text of any routine may have changed, not only that of those that were touched.
	everyRoutine bool
}

// update reads what was touched since what is known before was loaded, and what may have been missed since. If that
// turns out to be nothing, it reports false. An error may be [errUnknown].
func (l *loader) update(ctx context.Context, before *known, t *touched) (changed bool, err error) {
	l.options, l.catalog, l.before = before.options, before.catalog, before
	if !t.missed { // which looks at everything that is known: plans depend on how much that is
		l.prepared = preparedOn(l.conn)
	}
	u := &updater{
		loader: l, touched: t, changed: make(map[uint32]bool), closed: make(map[uint32]bool),
	}
	err = l.run(ctx, []step{{"", u.find}, {"", u.read}})
	return t.relevant(), err
}

// find completes what was touched, and begins with what is known.
func (u *updater) find(ctx context.Context) error {
	tally, whole := u.before.tally, u.before.whole
	if u.touched.missed {
		if err := u.missed(ctx); err != nil {
			return err
		}
		tally, whole = u.tally, u.position
	}
	position := u.position
	if u.touched.relevant() {
		u.known = u.before.clone()
	} else {
		u.known = *u.before
	}
	u.tally, u.whole, u.position = tally, whole, position
	return nil
}

// read reads what was touched.
func (u *updater) read(ctx context.Context) error {
	if !u.touched.relevant() {
		return nil
	}
	return u.take(ctx, []step{
		{"", u.functions},
		{"", u.types},
		{"", u.relations},
		{"tables", u.ifAny(u.tables)},
		{"keydeps", u.ifAny(u.views)},
		{"rels", u.ifAny(u.keyParts)},
		{"funcs", u.routineParts},
		{"", u.privileges},
		{"", func(ctx context.Context) error { return u.readHomes(ctx, u.near()) }},
	})
}

// functions reads again what is known of the functions that were touched, and of those that came with types.
func (u *updater) functions(ctx context.Context) error {
	asked := keys(u.touched.functions)
	for what := range u.touched.unseen {
		asked = append(asked, what.oid)
	}
	made, err := u.constructors(ctx)
	if err != nil {
		return err
	}
	asked = append(asked, made...)
	if len(asked) == 0 {
		return nil
	}
	u.onlyFunctions = asked
	fresh := newUserCode()
	if _, err := u.readFunctions(ctx, &fresh); err != nil {
		return err
	}
	return u.takeCode(&fresh)
}

// constructors returns the functions that came with range types, if types may have been made.
func (u *updater) constructors(ctx context.Context) (functions []uint32, err error) {
	if u.touched.madeTypes || len(u.touched.types) > 0 {
		err = u.query(ctx, "constructors", nil, func(r *row) { functions = append(functions, r.oid()) })
	}
	return functions, err
}

// takeCode takes over which of the functions that were read are code of users. That nothing else has become such code,
// or is no longer, holds if none of them has changed from one to the other: what calls it would have, too.
func (u *updater) takeCode(fresh *userCode) error {
	objects, plain := maps.Clone(u.code.objects), maps.Clone(u.code.plain)
	for _, oid := range u.onlyFunctions {
		what := object{classOfFunctions, oid}
		if objects[what] && fresh.plain[oid] || plain[oid] && fresh.objects[what] {
			return errUnknown
		}
		delete(objects, what)
		delete(plain, oid)
	}
	maps.Copy(objects, fresh.objects)
	maps.Copy(plain, fresh.plain)
	u.code.objects, u.code.plain = objects, plain
	return nil
}

// relations finds the relations that change with those that were touched, and forgets what was known of all of them.
func (u *updater) relations(ctx context.Context) error {
	for oid := range u.touched.relations {
		u.add(oid)
		u.add(u.naming.at(object{classOfRelations, oid})...)
	}
	for oid := range u.touched.functions {
		u.add(u.naming.at(object{classOfFunctions, oid})...)
	}
	if err := u.close(ctx); err != nil {
		return err
	}
	u.only = u.all()
	u.forget()
	return nil
}

func (u *updater) add(relations ...uint32) {
	for _, oid := range relations {
		u.changed[oid] = true
	}
}

// all returns the relations that change. It is not nil.
func (u *updater) all() []uint32 {
	return slices.AppendSeq(make([]uint32, 0, len(u.changed)), maps.Keys(u.changed))
}

// addUsers adds the relations from which links of a kind lead to one that changes, again and again.
func (u *updater) addUsers(kind byte) {
	open := u.all()
	for len(open) > 0 {
		oid := open[len(open)-1]
		open = open[:len(open)-1]
		u.graph.eachUser(oid, func(user uint32, l link) {
			if l.kind == kind && !u.changed[user] {
				u.changed[user] = true
				open = append(open, user)
			}
		})
	}
}

// forget removes what is known of the relations that are read again. They stay in the catalog until it gets new ones.
func (u *updater) forget() {
	for oid := range u.changed {
		if r := u.loader.relations.at(oid); r != nil && r.served {
			at, _ := findTable(u.catalog.Tables, r.name)
			u.stale = append(u.stale, at)
		}
	}
	slices.Sort(u.stale)
	for oid := range u.changed {
		u.loader.relations.remove(oid)
		u.constraints.remove(oid)
		u.rules.remove(oid)
		u.homes.remove(oid)
	}
}

// prefetchTables sends what will be asked of the relations that change.
func (u *updater) prefetchTables(ctx context.Context) error {
	if len(u.only) == 0 {
		return nil
	}
	return u.prefetch(ctx,
		ask{name: "tables", params: u.tableParams()},
		ask{name: "parts", params: u.partsParams(u.only)},
		ask{name: "columns", params: u.columnParams(0, math.MaxUint32)},
		ask{name: "views", params: u.viewParams()},
		ask{name: "constraints", params: [][]byte{u.asked()}},
	)
}

// tables reads the relations that change.
func (u *updater) tables(ctx context.Context) error {
	if err := u.prefetchTables(ctx); err != nil {
		return err
	}
	if err := u.tableRows(ctx); err != nil {
		return err
	}
	if err := u.purity(ctx); err != nil {
		return err
	}
	return u.tableColumns(ctx)
}

// keyParts reads the keys. It returns errUnknown if one has a column that is not there: its relation has changed
// without having been told of yet.
func (u *updater) keyParts(ctx context.Context) error {
	err := u.keys(ctx)
	if err == nil && u.nameless {
		return errUnknown
	}
	return err
}

// routineParts reads all that has to do with the routines of which any of it may have changed.
func (u *updater) routineParts(ctx context.Context) error {
	parts := []func(context.Context) error{u.loader.routines, u.computed, u.mediaHandlers}
	u.onlyFunctions = make([]uint32, 0, len(u.touched.functions))
	for oid, listed := range u.touched.functions {
		if listed {
			u.onlyFunctions = append(u.onlyFunctions, oid)
		}
	}
	switch {
	case u.everyRoutine:
		u.onlyFunctions = nil
		parts = append(parts, u.representations, u.names)
	case len(u.onlyFunctions) == 0:
		return nil
	default:
		parts = append(parts, u.someRepresentations, u.someNames)
		if err := u.prefetchRoutines(ctx); err != nil {
			return err
		}
	}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prefetchRoutines sends what will be asked of the functions.
func (u *updater) prefetchRoutines(ctx context.Context) error {
	asked := append(u.exposed(), u.askedFunctions())
	return u.prefetch(ctx,
		ask{name: "functions", params: asked}, ask{name: "routines", params: append(u.routineParams(), u.askedFunctions())},
		ask{name: "params", params: asked}, ask{name: "computed", params: asked}, ask{name: "media_handlers", params: asked},
		ask{name: "row_relations", params: u.rowParams(nil)},
	)
}

// someRepresentations reads the representations if one of their functions was touched.
func (u *updater) someRepresentations(ctx context.Context) error {
	if !slices.ContainsFunc(u.onlyFunctions, func(oid uint32) bool { return u.casts[oid] }) {
		return nil
	}
	return u.representations(ctx)
}

// someNames adds the relations whose row types the functions have that were read. What others had before is kept: that
// costs a load too many, if at all.
func (u *updater) someNames(ctx context.Context) error {
	u.rowTypes = maps.Clone(u.rowTypes)
	if u.rowTypes == nil {
		u.rowTypes = make(map[uint32]rowType)
	}
	return u.rowRelations(ctx, nil)
}

// ifAny returns a step that is taken only if relations have changed.
func (u *updater) ifAny(load func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if len(u.changed) == 0 {
			return nil
		}
		return load(ctx)
	}
}

// privileges reads what depends on privileges, if some have changed.
func (u *updater) privileges(ctx context.Context) error {
	if u.touched.calls && !u.everyRoutine {
		if err := u.representations(ctx); err != nil {
			return err
		}
	}
	if !u.touched.privileges {
		return nil
	}
	for i, t := range u.catalog.Tables {
		if t.Readers != nil {
			u.owned(u.served[i]).Readers = nil
		}
	}
	var granted []uint32
	err := u.query(ctx, "granted", u.exposed(), func(r *row) { granted = append(granted, r.oid()) })
	if err != nil {
		return err
	}
	return u.readers(ctx, granted)
}
