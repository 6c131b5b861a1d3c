package cache

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// types forgets what is known of the types that were touched and of those that are made of them, and adds the relations
// that have columns of such types, or name them in defaults. It returns errUnknown if one of them needs, or did, code
// of the database's users, or shows the search path, or may have the name of one of PostgreSQL's types: what depends on
// that is not followed.
func (u *updater) types(ctx context.Context) error {
	if len(u.touched.types) == 0 {
		return nil
	}
	if u.shadowed {
		return errUnknown // by one of them, maybe
	}
	u.everyRoutine = true
	touched := slices.Collect(maps.Keys(u.touched.types))
	family := make(map[uint32]bool)
	err := u.query(ctx, "type_family", [][]byte{u.array(pgtype.OIDArrayOID, touched)}, func(r *row) {
		if oid, relation := r.oid(), r.oid(); relation != 0 {
			u.add(relation)
		} else {
			family[oid] = true
		}
	})
	if err != nil {
		return err
	}
	for oid := range family {
		if u.code.types[oid] != 0 {
			return errUnknown
		}
		delete(u.operatorUse, oid)
	}
	maps.DeleteFunc(u.columnTypes, func(t columnType, _ Column) bool { return family[t.oid] })
	return u.judgeTypes(ctx, slices.Collect(maps.Keys(family)))
}

// judgeTypes returns errUnknown unless types, and what they are made of, need no code of users and do not show the
// search path, and have no names of PostgreSQL's types. Row types are not followed.
func (l *loader) judgeTypes(ctx context.Context, types []uint32) error {
	var parts []uint32
	unknown := false
	err := l.query(ctx, "type_parts", [][]byte{l.array(pgtype.OIDArrayOID, types), l.path()}, func(r *row) {
		parts = append(parts, r.oid())
		kind, shadows := r.char(), r.bool()
		unknown = unknown || kind == 'c' || shadows
	})
	if err != nil || len(parts) == 0 {
		return err
	}
	err = l.ownTypeBits(ctx, parts, func(uint32, uint8) { unknown = true })
	if err == nil && unknown {
		return errUnknown
	}
	return err
}
