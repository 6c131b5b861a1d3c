package cache

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
)

// After a time in which changes were not announced, what has changed is found by comparing the catalogs with what is
// known: rows that were written have a transaction which had not ended when everything was read last, and rows that
// were deleted are missing in a count.

// tally is what has to be known of a moment to find later what has changed since. It is never changed.
type tally struct {
	// since is the oldest transaction that was running.
	since string
	// parts are the oids of objects, once for each row that can be deleted without another one being written, sorted.
	parts [][]uint32
	// schemas are the oids of all, sorted.
	schemas []uint32
	// gone are objects that are known and were found to be gone.
	gone map[object]bool
	// rest counts what belongs to nothing of these, members who is a member of which role.
	rest, members string
	// server tells a server and a start of it from others. After a restart, what was committed may be lost.
	server string
}

// tallied returns the catalogs of the objects of [tally.parts].
func tallied() []uint32 { return []uint32{classOfRelations, classOfFunctions, classOfTypes} }

// classOfMembers is the oid of pg_auth_members.
const classOfMembers = 1261

// everythingChanged is the change that anything may have been.
func everythingChanged() ChangedObject { return ChangedObject{} }

// readTally reads the tally of the transaction, and how many transactions have begun since another one.
func (l *loader) readTally(ctx context.Context, since string) (t *tally, age int32, err error) {
	var param []byte
	if since != "" {
		param = []byte(since)
	}
	t = &tally{gone: make(map[object]bool)}
	err = l.query(ctx, "counts", [][]byte{param}, func(r *row) {
		t.since, age = r.text(), r.int4()
		for range tallied() {
			t.parts = append(t.parts, sorted(r.oids()))
		}
		t.schemas = sorted(r.oids())
		t.rest, t.members, t.server = r.text(), r.text(), r.text()
	})
	return t, age, err
}

func sorted(oids []uint32) []uint32 {
	slices.Sort(oids)
	return oids
}

// count notes the tally of a load of everything.
func (l *loader) count(ctx context.Context) (err error) {
	l.tally, _, err = l.readTally(ctx, "")
	if before := l.earlier.tally; err == nil && before != nil {
		for i := range l.tally.parts {
			shareList(&l.tally.parts[i], before.parts[i], equal)
		}
	}
	return err
}

// missed adds to what was touched what has changed since everything was read last, whether or not it was announced, and
// has the tally renewed. It returns errUnknown if that cannot be found out.
func (u *updater) missed(ctx context.Context) error {
	before := u.before.tally
	if before == nil {
		return errUnknown
	}
	now, age, err := u.readTally(ctx, before.since)
	if err != nil {
		return err
	}
	if now.server != before.server || age >= maxAge {
		return errUnknown
	}
	u.tally = now
	scope := u.before.scope()
	objects, err := u.written(ctx, age)
	if err != nil {
		return err
	}
	objects = append(objects, before.differences(now)...)
	u.touched.add(scope, Change{Command: missedCommand, Objects: objects, cause: u.touched.causes[0]})
	if u.touched.all {
		return errUnknown
	}
	return nil
}

// missedCommand is what a change is called of which the command is not known.
const missedCommand = "what may have been missed"

// maxAge is more transactions than the age of a row tells apart.
const maxAge = 1_000_000_000

// differences returns what has fewer rows than before, or more.
func (t *tally) differences(now *tally) []ChangedObject {
	var objects []ChangedObject
	for i, class := range tallied() {
		for _, oid := range unequal(t.parts[i], now.parts[i]) {
			objects = append(objects, ChangedObject{Class: class, Oid: oid})
		}
	}
	if t.rest != now.rest {
		objects = append(objects, everythingChanged())
	}
	if t.members != now.members {
		objects = append(objects, privileges()...)
	}
	for _, oid := range unequal(t.schemas, now.schemas) {
		if !slices.Contains(now.schemas, oid) {
			objects = append(objects, ChangedObject{Class: classOfSchemas, Oid: oid, Dropped: true})
		}
	}
	return objects
}

// unequal returns the values, each once, that two sorted slices do not have equally often.
func unequal(a, b []uint32) []uint32 {
	var differ []uint32
	for len(a) > 0 || len(b) > 0 {
		var value uint32
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			value = a[0]
		default:
			value = b[0]
		}
		n, m := repeats(a, value), repeats(b, value)
		if n != m {
			differ = append(differ, value)
		}
		a, b = a[n:], b[m:]
	}
	return differ
}

// repeats returns how often a slice begins with a value.
func repeats(values []uint32, value uint32) int {
	n := 0
	for n < len(values) && values[n] == value {
		n++
	}
	return n
}

// written returns the objects of which rows were written by transactions up to an age, and those that are gone.
func (u *updater) written(ctx context.Context, age int32) ([]ChangedObject, error) {
	known := [][]byte{
		strconv.AppendInt(nil, int64(age), 10), u.array(pgtype.OIDArrayOID, u.before.knownRelations()),
		u.array(pgtype.OIDArrayOID, u.before.knownFunctions()), u.array(pgtype.OIDArrayOID, keys(u.before.operatorUse)),
	}
	found := make(map[uint32][]uint32)
	var objects []ChangedObject
	err := u.query(ctx, "missed", known, func(r *row) {
		class, oid, gone := r.oid(), r.oid(), r.bool()
		switch {
		case gone:
			u.tally.gone[object{class, oid}] = true
			if u.before.tally.gone[object{class, oid}] {
				break
			}
			objects = append(objects, ChangedObject{Class: class, Oid: oid, Dropped: true, Schema: u.options.anySchema()})
		case class == classOfMembers:
			objects = append(objects, privileges()...)
		case oid == 0 && class != classOfRelations && class != classOfTypes:
			objects = append(objects, everythingChanged())
		default:
			found[class] = append(found[class], oid)
		}
	})
	if err != nil || len(found) == 0 {
		return objects, err
	}
	return objects, u.nameWritten(ctx, found, func(o ChangedObject) { objects = append(objects, o) })
}

// anySchema returns a schema that is exposed: what is gone, and mattered, counts as having been there.
func (o *Options) anySchema() string {
	if len(o.Schemas) == 0 {
		return ""
	}
	return o.Schemas[0]
}

// nameWritten calls do for each object that was written, with its schema. Temporary ones are left out.
func (u *updater) nameWritten(ctx context.Context, found map[uint32][]uint32, do func(ChangedObject)) error {
	var params [][]byte
	for _, class := range []uint32{classOfRelations, classOfFunctions, classOfTypes, classOfSchemas} {
		oids := slices.Compact(sorted(found[class]))
		params = append(params, u.array(pgtype.OIDArrayOID, append([]uint32{}, oids...)))
	}
	return u.query(ctx, "missed_names", params, func(r *row) {
		o := ChangedObject{Class: r.oid(), Oid: r.oid(), Schema: r.text()}
		// One that was there before may have had another name.
		if _, there := slices.BinarySearch(u.before.tally.schemas, o.Oid); o.Class == classOfSchemas && there {
			o = everythingChanged()
		}
		do(o)
	})
}

// knownRelations returns the relations that matter.
func (l *known) knownRelations() []uint32 {
	oids := make([]uint32, 0, l.relations.len())
	for oid := range l.everyRelation() {
		if l.hasRelation(oid) {
			oids = append(oids, oid)
		}
	}
	return slices.Compact(sorted(oids))
}

// knownFunctions returns the functions that matter.
func (l *known) knownFunctions() []uint32 {
	oids := keys(l.code.plain)
	for _, some := range []map[uint32]bool{l.casts, l.exposedFunctions, l.dynamic} {
		oids = slices.AppendSeq(oids, maps.Keys(some))
	}
	for what := range l.typed {
		if what.class == classOfFunctions {
			oids = append(oids, what.oid)
		}
	}
	for what := range l.naming.all() {
		if what.class == classOfFunctions {
			oids = append(oids, what.oid)
		}
	}
	return slices.Compact(sorted(oids))
}

// keys returns the keys of a map. It is not nil.
func keys[V any](m map[uint32]V) []uint32 {
	return slices.AppendSeq(make([]uint32, 0, len(m)), maps.Keys(m))
}
