package cache

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// close adds to the relations that change those that have to be read with them, so that what was read and what is known
// fit together whatever the load finds: it may find less than was told, or more, because the commands of a transaction
// are told one by one and later transactions may have been committed. What it finds is the state of one moment. With a
// relation are read
//
//   - its descendants, and the views that show it;
//   - if it is not under the name that it was known by, whatever has that name now, so that no name is missing that was
//     there before and is there now;
//   - if it has a name that another one was known by, that one, so that no name is there twice;
//   - relations that its links lead to, if nothing was known of them;
//   - if nothing was known of it, relations that have foreign keys to it;
//   - if it is gone, those that were known to have links to it.
//
// close reads the links of all that is added.
func (u *updater) close(ctx context.Context) error {
	for len(u.changed) > len(u.closed) {
		u.addUsers(linkParent)
		u.only = u.open()
		if err := u.prefetchClosure(ctx); err != nil {
			return err
		}
		err := u.query(ctx, "family", [][]byte{u.asked()}, func(r *row) { u.add(r.oid()) })
		if err != nil {
			return err
		}
		if known := u.only; len(u.changed)-len(u.closed) > len(known) {
			u.only = u.open()
		}
		for _, oid := range u.only {
			u.closed[oid] = true
			u.graph.unlink(oid)
			u.graph.own.remove(oid)
		}
		if err := u.compareRows(ctx); err != nil {
			return err
		}
		if err := u.links(ctx); err != nil {
			return err
		}
		if err := u.addReferencing(ctx); err != nil {
			return err
		}
		for _, oid := range u.only {
			u.addUnknown(oid)
		}
		// What can be done to a view depends on what it shows.
		u.addUsers(linkView)
	}
	return nil
}

// prefetchClosure sends what is asked of the relations that change and have not been looked at, as long as these have
// no children that have to be asked for too.
func (u *updater) prefetchClosure(ctx context.Context) error {
	asked := [][]byte{u.asked()}
	asks := []ask{
		{name: "family", params: asked}, {name: "touched", params: u.touchedParams()}, {name: "edges", params: asked},
	}
	if unknown := u.unknown(); len(unknown) > 0 {
		asks = append(asks, ask{name: "referencing", params: u.referencingParams(unknown)})
	}
	return u.prefetch(ctx, asks...)
}

// addReferencing adds the relations that have foreign keys to those of which nothing was known.
func (u *updater) addReferencing(ctx context.Context) error {
	unknown := u.unknown()
	if len(unknown) == 0 {
		return nil
	}
	return u.query(ctx, "referencing", u.referencingParams(unknown), func(r *row) { u.add(r.oid()) })
}

func (u *updater) referencingParams(relations []uint32) [][]byte {
	return [][]byte{u.array(pgtype.OIDArrayOID, relations)}
}

// unknown returns the relations that are read now of which nothing was known before.
func (u *updater) unknown() []uint32 {
	return slices.DeleteFunc(slices.Clone(u.only), u.knew)
}

// knew reports whether anything was known of a relation before.
func (u *updater) knew(oid uint32) bool {
	return u.before.homes.has(oid) || u.before.relations.has(oid)
}

// open returns the relations that change and have not been looked at. It is not nil.
func (u *updater) open() []uint32 {
	open := make([]uint32, 0, len(u.changed)-len(u.closed))
	for oid := range u.changed {
		if !u.closed[oid] {
			open = append(open, oid)
		}
	}
	return open
}

// addUnknown adds the relations that the links of one lead to, if nothing was known of them.
func (u *updater) addUnknown(oid uint32) {
	for _, l := range u.graph.links.at(oid) {
		if !u.knew(l.other) && l.other >= firstUserOid {
			u.add(l.other)
		}
	}
}

// touchedParams are the parameters of touched.sql.
func (u *updater) touchedParams() [][]byte { return [][]byte{u.asked(), u.path()} }

// rowNow is what touched.sql tells of a relation.
type rowNow struct {
	name    QualifiedName
	shadows bool // its row type has the name of one of PostgreSQL's types
	unknown bool // what depends on it is not known
}

// compareRows looks at the relations that are read now: at their names, and whether values of their row types need code
// of users, or show the search path.
func (u *updater) compareRows(ctx context.Context) error {
	found := make(map[uint32]rowNow, len(u.only))
	err := u.query(ctx, "touched", u.touchedParams(), func(r *row) {
		oid, name, kind, rowType := r.oid(), r.name(), r.char(), r.oid()
		var bits uint8
		for _, columnType := range r.oids() {
			bits |= u.code.types[columnType]
		}
		found[oid] = rowNow{name, r.bool(), kind == 'c' || rowType != 0 && bits != u.code.types[rowType]}
	})
	if err != nil {
		return err
	}
	var left []QualifiedName
	for _, oid := range u.only {
		now, there := found[oid]
		if now.unknown || now.shadows != u.shadowing[oid] {
			return errUnknown
		}
		if row, used := u.rowTypes[oid]; used && now.name != row.name {
			u.everyRoutine = true
			if row.inColumn {
				return errUnknown
			}
		}
		if before := u.before.relations.at(oid); before != nil && before.exposed && before.name != now.name {
			left = append(left, before.name)
		}
		if there {
			u.addHolder(oid, now.name)
		} else {
			u.addLinked(oid)
		}
	}
	return u.addSuccessors(ctx, left)
}

// addHolder adds the relation that was known by a name which another one has now.
func (u *updater) addHolder(oid uint32, name QualifiedName) {
	if before := u.before.relations.at(oid); !u.catalog.exposes(name.Schema) || before != nil && before.name == name {
		return
	}
	if at, found := findTable(u.before.catalog.Tables, name); found {
		u.add(u.before.served[at])
	}
}

// addLinked adds the relations that were known to have links to one that is gone.
func (u *updater) addLinked(gone uint32) { u.add(u.before.graph.users.at(gone)...) }

// addSuccessors adds the relations that have names now which others have left.
func (u *updater) addSuccessors(ctx context.Context, names []QualifiedName) error {
	if len(names) == 0 {
		return nil
	}
	schemas, relations := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		schemas[i], relations[i] = name.Schema, name.Name
	}
	params := [][]byte{u.array(pgtype.TextArrayOID, schemas), u.array(pgtype.TextArrayOID, relations)}
	return u.query(ctx, "holders", params, func(r *row) { u.add(r.oid()) })
}
