package cache

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// object is an object of the database: the oid of the catalog that holds it, and its own.
type object struct{ class, oid uint32 }

// userCode is what may run code that users of the database wrote, types among them, and what else has effects.
type userCode struct {
	objects map[object]bool
	// pathTypes are the types whose text depends on the search path.
	pathTypes map[uint32]bool
	// sees are the settings that functions of PostgreSQL's read.
	sees map[uint32]Settings
	// plain are functions of users that are known to be no such code.
	plain map[uint32]bool
	// types says what was found of types, by themselves or by what they are made of.
	types map[uint32]uint8
	// free is set if expressions can run without any such code.
	free bool
}

func newUserCode() userCode {
	return userCode{
		objects: make(map[object]bool), pathTypes: make(map[uint32]bool), sees: make(map[uint32]Settings),
		plain: make(map[uint32]bool),
	}
}

// Oids that PostgreSQL's source fixes: of catalogs, of the first object that is not the system's, and of the types
// that expressions of the gateway have.
const (
	classOfRelations = 1259
	classOfFunctions = 1255
	classOfTypes     = 1247
	classOfOperators = 2617
	classOfDefaults  = 2604
	firstUserOid     = 16384
	oidJSON          = pgtype.JSONOID
	oidJSONB         = pgtype.JSONBOID
	oidText          = pgtype.TextOID
	oidTSVector      = pgtype.TSVectorOID
)

// userCode reads what may run code of users, and which types show in a way that depends on the search path.
func (l *loader) userCode(ctx context.Context) error {
	if err := l.readCode(ctx, &l.code); err != nil {
		return err
	}
	params := append(l.codeParams(), l.array(pgtype.TextArrayOID, operatorNames()))
	err := l.query(ctx, "code_traits", params, func(r *row) {
		e := &l.catalog.Expressions
		e.PureTextSearch, e.PureCasts, l.code.free = r.bool(), r.bool(), r.bool()
	})
	if err != nil {
		return err
	}
	if err := l.codeTypes(ctx); err != nil {
		return err
	}
	return l.query(ctx, "code_system", nil, func(r *row) {
		switch what, sees := (object{r.oid(), r.oid()}), r.settings(); what.class {
		case classOfFunctions:
			l.code.sees[what.oid] = sees
		default:
			l.code.objects[what] = true
		}
	})
}

// readCode adds what may run code, but for types, to what is known of it.
func (l *loader) readCode(ctx context.Context, code *userCode) error {
	return l.query(ctx, "code", [][]byte{l.askedFunctions()}, func(r *row) {
		if what := (object{r.oid(), r.oid()}); what.class == 0 {
			code.plain[what.oid] = true
		} else {
			code.objects[what] = true
		}
	})
}

// What is found of a type: that values of it cannot be used without code of users, and that their text depends on the
// search path.
const (
	typeIsCode uint8 = 1 << iota
	typeShowsPath
)

// typeClosure finds the types that are made of others, with what is true of those.
type typeClosure struct {
	found map[uint32]uint8
	fresh []uint32 // of which users have to be found
}

func (c *typeClosure) add(oid uint32, bits uint8) {
	if c.found[oid]|bits != c.found[oid] {
		c.found[oid] |= bits
		c.fresh = append(c.fresh, oid)
	}
}

// codeTypes reads the types that are code, or whose text depends on the search path, by themselves or by what they are
// made of.
func (l *loader) codeTypes(ctx context.Context) error {
	types := &typeClosure{found: make(map[uint32]uint8)}
	err := l.query(ctx, "code_types", append(l.codeParams(), nil), func(r *row) {
		oid, bits := r.oid(), typeShowsPath
		if r.bool() {
			bits = typeIsCode
		}
		types.add(oid, bits)
	})
	if err != nil {
		return err
	}
	if err := l.closeTypes(ctx, types); err != nil {
		return err
	}
	l.code.types = types.found
	for oid, bits := range types.found {
		if bits&typeIsCode != 0 {
			l.code.objects[object{classOfTypes, oid}] = true
		}
		if bits&typeShowsPath != 0 {
			l.code.pathTypes[oid] = true
		}
	}
	return nil
}

// closeTypes adds the types that are made of those that were found: first without rows, then with the row types of all
// relations, of which the same relations of the system are always some.
func (l *loader) closeTypes(ctx context.Context, types *typeClosure) error {
	if err := l.typeUsers(ctx, types, nil); err != nil {
		return err
	}
	rows := make(map[uint32][]uint32)
	all := slices.Collect(maps.Keys(types.found))
	err := l.query(ctx, "row_types", [][]byte{l.array(pgtype.OIDArrayOID, all)}, func(r *row) {
		rowType, needed := r.oid(), r.oid()
		rows[needed] = append(rows[needed], rowType)
	})
	if err != nil {
		return err
	}
	for _, oid := range all {
		for _, rowType := range rows[oid] {
			types.add(rowType, types.found[oid])
		}
	}
	return l.typeUsers(ctx, types, rows)
}

// typeUsers adds the types that are made of those that are fresh. Rows are the row types that have columns of a type.
func (l *loader) typeUsers(ctx context.Context, types *typeClosure, rows map[uint32][]uint32) error {
	for len(types.fresh) > 0 {
		asked := types.fresh
		types.fresh = nil
		for _, oid := range asked {
			for _, rowType := range rows[oid] {
				types.add(rowType, types.found[oid])
			}
		}
		err := l.query(ctx, "type_users", [][]byte{l.array(pgtype.OIDArrayOID, asked)}, func(r *row) {
			user, needed := r.oid(), r.oid()
			types.add(user, types.found[needed])
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// codeParams encodes the code as two parameters.
func (l *loader) codeParams() [][]byte {
	var classes, oids []uint32
	for what := range l.code.objects {
		classes, oids = append(classes, what.class), append(oids, what.oid)
	}
	return [][]byte{l.array(pgtype.OIDArrayOID, classes), l.array(pgtype.OIDArrayOID, oids)}
}

// operators reads what operators do to values of the types, and of those that expressions have without any column.
func (l *loader) operators(ctx context.Context, types []uint32) error {
	uses := l.operatorUse
	asked := slices.Concat([]uint32{oidJSON, oidJSONB, oidText, oidTSVector}, types)
	params := append(l.codeParams(), l.array(pgtype.OIDArrayOID, asked), l.array(pgtype.TextArrayOID, operatorNames()))
	err := l.query(ctx, "operators", params, func(r *row) {
		uses[r.oid()] = OperatorUse{Pure: r.operators(), Fixed: r.operators()}
	})
	e := &l.catalog.Expressions
	e.JSON, e.JSONB, e.Text, e.TSVector = uses[oidJSON], uses[oidJSONB], uses[oidText], uses[oidTSVector]
	return err
}

// settings reads an integer that holds the bits of settings.
func (r *row) settings() Settings { return Settings(r.int4()) } // eight bits

// operators reads an integer that holds the bits of operators.
func (r *row) operators() Operators { return Operators(r.int4()) } // less than 31 bits
