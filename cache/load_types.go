package cache

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// What is found of a type: that values of it cannot be used without code of users, and that their text depends on the
// search path.
const (
	typeIsCode uint8 = 1 << iota
	typeShowsPath
)

// typesOfNames are the types whose text depends on the search path, by oids that PostgreSQL's source fixes: regproc,
// regprocedure, regoper, regoperator, regclass, regtype, regconfig, regdictionary and regcollation.
func typesOfNames() []uint32 { return []uint32{24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4191} }

// codeTypes reads the types that are code, or whose text depends on the search path, by themselves or by what they are
// made of.
func (l *loader) codeTypes(ctx context.Context) error {
	own := make(map[uint32]uint8)
	if err := l.ownTypeBits(ctx, nil, func(oid uint32, bits uint8) { own[oid] |= bits }); err != nil {
		return err
	}
	l.code.types = make(map[uint32]uint8)
	return l.query(ctx, "type_users", l.typeParams(own), func(r *row) {
		oid, bits := r.oid(), uint8(r.int4()) // two bits
		l.code.types[oid] = bits
		if bits&typeIsCode != 0 {
			l.code.objects[object{classOfTypes, oid}] = true
		}
		if bits&typeShowsPath != 0 {
			l.code.pathTypes[oid] = true
		}
	})
}

// typeParams encodes types with what is found of them as two parameters.
func (l *loader) typeParams(types map[uint32]uint8) [][]byte {
	oids, all := make([]uint32, 0, len(types)), make([]int32, 0, len(types))
	for oid, bits := range types {
		oids, all = append(oids, oid), append(all, int32(bits))
	}
	return [][]byte{l.array(pgtype.OIDArrayOID, oids), l.array(pgtype.Int4ArrayOID, all)}
}

// ownTypeBits calls found with what is true of types by themselves, not by what they are made of: of those that are asked
// for, or of all if asked is nil.
func (l *loader) ownTypeBits(ctx context.Context, asked []uint32, found func(oid uint32, bits uint8)) error {
	for _, oid := range typesOfNames() {
		if asked == nil || slices.Contains(asked, oid) {
			found(oid, typeShowsPath)
		}
	}
	var only []byte
	if asked != nil {
		only = l.array(pgtype.OIDArrayOID, asked)
	}
	isCode := func(r *row) { found(r.oid(), typeIsCode) }
	err := l.query(ctx, "type_code", [][]byte{l.array(pgtype.OIDArrayOID, l.code.functions()), only}, isCode)
	if err != nil {
		return err
	}
	if classes := l.code.of(classOfClasses); len(classes) > 0 {
		err := l.query(ctx, "type_sorted", [][]byte{l.array(pgtype.OIDArrayOID, classes), only}, isCode)
		if err != nil {
			return err
		}
	}
	needs, err := l.typeNeeds(ctx, only)
	for _, n := range needs {
		if n.isCode(&l.code) {
			found(n.oid, typeIsCode)
		}
	}
	return err
}

// typeNeed is something that a check or default of a type needs: an object, or functions.
type typeNeed struct {
	oid   uint32 // of the type
	what  object
	calls []uint32
}

// isCode reports whether what is needed is code. A function that reads a setting, which is not followed here, counts as
// such.
func (n *typeNeed) isCode(code *userCode) bool {
	calls := n.calls
	if n.what.class == classOfFunctions {
		calls = []uint32{n.what.oid}
	}
	return code.objects[n.what] || slices.ContainsFunc(calls, func(oid uint32) bool {
		return code.runs(oid) || oid == oidOfCurrentSetting || oid == oidOfCurrentSettingOrNull
	})
}

// addTyped adds the functions and relations that types need to those that change the text of columns.
func (l *loader) addTyped(needs []typeNeed) {
	typed := maps.Clone(l.typed)
	if typed == nil {
		typed = make(map[object]bool)
	}
	for _, n := range needs {
		if n.what.class == classOfFunctions || n.what.class == classOfRelations {
			typed[n.what] = true
		}
	}
	l.typed = typed
}

// typeNeeds reads what the checks and defaults of types need, of all types if the parameter is nil. All are read once. What
// some need is noted.
func (l *loader) typeNeeds(ctx context.Context, only []byte) ([]typeNeed, error) {
	if only == nil && l.needs != nil {
		return l.needs, nil
	}
	needs := []typeNeed{}
	err := l.query(ctx, "type_needs", [][]byte{only}, func(r *row) {
		n := typeNeed{oid: r.oid(), what: object{r.oid(), r.oid()}}
		if tree := r.bytes(); tree != nil {
			n.calls = readTree(tree).functions
		}
		needs = append(needs, n)
	})
	switch {
	case err != nil:
	case only == nil:
		l.needs = needs
	default:
		l.addTyped(needs)
	}
	return needs, err
}
