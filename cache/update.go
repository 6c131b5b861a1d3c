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
	c.relations, c.constraints, c.rules = k.relations.clone(), k.constraints.clone(), viewRules{k.rules.clone()}
	c.columnTypes, c.operatorUse = maps.Clone(k.columnTypes), maps.Clone(k.operatorUse)
	c.graph, c.naming, c.homes = k.graph.clone(), k.naming.clone(), k.homes.clone()
	return c
}

// flat returns what is known, in maps of one layer.
func (k *known) flat() known {
	c := *k
	c.relations, c.constraints, c.rules = k.relations.whole(), k.constraints.whole(), viewRules{k.rules.whole()}
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
	// routines is set if the routines have to be read.
	routines bool
}

// update reads what was touched since what is known before was loaded, and what may have been missed since. If that turns
// out to be nothing, it reports false. An error may be [errUnknown].
func (l *loader) update(ctx context.Context, before *known, t *touched) (changed bool, err error) {
	l.options, l.catalog, l.before = before.options, before.catalog, before
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
	u.routines = len(u.touched.functions) > 0
	return u.take(ctx, []step{
		{"", u.functions},
		{"", u.types},
		{"", u.relations},
		{"tables", u.tables},
		{"keydeps", u.views},
		{"rels", u.keyParts},
		{"funcs", u.routineParts},
		{"", u.privileges},
		{"", func(ctx context.Context) error { return u.readHomes(ctx, u.near()) }},
	})
}

// functions reads what is known of functions again if one was touched.
func (u *updater) functions(ctx context.Context) error {
	if u.routines {
		if err := u.traits(ctx); err != nil {
			return err
		}
	}
	if !u.routines && len(u.touched.unseen) == 0 {
		return nil
	}
	fresh := newUserCode()
	if err := u.readCode(ctx, &fresh); err != nil {
		return err
	}
	return u.compareCode(&fresh)
}

// compareCode takes over which functions are code of users. That nothing else has become such code, or is no longer,
// holds if no function has changed from one to the other: what calls it would have, too. Functions that are there or gone,
// but were not told of yet, matter no more than others: what is changed by them will be told of, too.
func (u *updater) compareCode(fresh *userCode) error {
	objects := maps.Clone(u.code.objects)
	for what := range fresh.objects {
		if !objects[what] {
			if what.class != classOfFunctions || u.code.plain[what.oid] {
				return errUnknown
			}
			objects[what] = true
		}
	}
	for what := range u.code.objects {
		if !fresh.objects[what] && what.class != classOfTypes && what.class != classOfRelations {
			if what.class != classOfFunctions || fresh.plain[what.oid] {
				return errUnknown
			}
			delete(objects, what)
		}
	}
	u.code.objects, u.code.plain = objects, fresh.plain
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

// keyParts reads the keys. It returns errUnknown if one has a column that is not there: its relation has changed without
// having been told of yet.
func (u *updater) keyParts(ctx context.Context) error {
	err := u.keys(ctx)
	if err == nil && u.nameless {
		return errUnknown
	}
	return err
}

// routineParts reads all that has to do with routines, if any of it may have changed.
func (u *updater) routineParts(ctx context.Context) error {
	if !u.routines {
		return nil
	}
	for _, part := range []func(context.Context) error{
		u.loader.routines, u.computed, u.loader.representations, u.mediaHandlers, u.names,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// privileges reads what depends on privileges, if some have changed.
func (u *updater) privileges(ctx context.Context) error {
	if u.touched.calls && !u.routines {
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
