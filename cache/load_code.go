package cache

import (
	"context"
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
	classOfRelations     = 1259
	classOfFunctions     = 1255
	classOfTypes         = 1247
	classOfOperators     = 2617
	classOfDefaults      = 2604
	classOfCasts         = 2605
	classOfClasses       = 2616 // of operators
	classOfConversions   = 2607
	classOfAccessMethods = 2601
	firstUserOid         = 16384
	oidJSON              = pgtype.JSONOID
	oidJSONB             = pgtype.JSONBOID
	oidText              = pgtype.TextOID
	oidTSVector          = pgtype.TSVectorOID
)

// userCode reads what may run code of users, and which types show in a way that depends on the search path.
func (l *loader) userCode(ctx context.Context) error {
	native, err := l.readFunctions(ctx, &l.code)
	if err != nil {
		return err
	}
	if err := l.readCallers(ctx); err != nil {
		return err
	}
	if err := l.readHandlers(ctx, native); err != nil {
		return err
	}
	return l.codeTypes(ctx)
}

// readFunctions adds functions to what is known of code, and notes which of them run dynamic SQL. It returns those of
// the code that other code than SQL and PL/pgSQL can call.
func (l *loader) readFunctions(ctx context.Context, code *userCode) (native []uint32, err error) {
	l.dynamic = l.without(l.dynamic)
	err = l.query(ctx, "code_functions", [][]byte{l.askedFunctions()}, func(r *row) {
		oid := r.oid()
		if r.bool() {
			code.objects[object{classOfFunctions, oid}] = true
		}
		if r.bool() {
			native = append(native, oid)
		}
		if sees := r.settings(); sees != NoSettings {
			code.sees[oid] = sees
		}
		if r.bool() {
			l.dynamic[oid] = true
		}
	})
	l.catalog.DynamicSQL = len(l.dynamic) > 0
	if err != nil || len(native) == 0 {
		return nil, err
	}
	err = l.query(ctx, "code_plain", l.plainParams(), func(r *row) {
		oid := r.oid()
		code.plain[oid] = true
		delete(code.objects, object{classOfFunctions, oid})
	})
	return slices.DeleteFunc(native, func(oid uint32) bool { return code.plain[oid] }), err
}

// plainParams are the parameters of code_plain.sql.
func (l *loader) plainParams() [][]byte {
	system := slices.DeleteFunc(l.code.functions(), func(oid uint32) bool { return oid >= firstUserOid })
	return [][]byte{l.askedFunctions(), l.array(pgtype.OIDArrayOID, system)}
}

// of returns those objects of the code that a catalog has. They are not nil.
func (c *userCode) of(class uint32) []uint32 {
	oids := []uint32{}
	for what := range c.objects {
		if what.class == class {
			oids = append(oids, what.oid)
		}
	}
	return oids
}

// runs reports whether a function is code. One of users that has not been read, such as a temporary one, is.
func (c *userCode) runs(function uint32) bool {
	return c.objects[object{classOfFunctions, function}] || function >= firstUserOid && !c.plain[function]
}

func (c *userCode) functions() []uint32 { return c.of(classOfFunctions) }

// readCallers adds what calls functions that are code, and judges expressions by that.
func (l *loader) readCallers(ctx context.Context) error {
	casts, expressions := !l.shadowed && len(l.shadowing) == 0, true
	params := [][]byte{l.array(pgtype.OIDArrayOID, l.code.functions()), l.array(pgtype.TextArrayOID, operatorNames())}
	err := l.query(ctx, "code_callers", params, func(r *row) {
		what, meant := object{r.oid(), r.oid()}, r.bool()
		switch what.class {
		case classOfCasts:
			casts = false
		case classOfConversions: // part of any answer
			expressions = false
		default:
			l.code.objects[what] = true
			expressions = expressions && !meant
		}
	})
	l.catalog.Expressions.PureCasts, l.code.free = casts, expressions
	return err
}

// readHandlers adds what else calls functions that are code, in languages in which handlers can be written. It judges
// text search by that.
func (l *loader) readHandlers(ctx context.Context, native []uint32) error {
	pure := &l.catalog.Expressions.PureTextSearch
	*pure = true
	if len(native) == 0 {
		return nil
	}
	return l.query(ctx, "code_handlers", [][]byte{l.array(pgtype.OIDArrayOID, native)}, func(r *row) {
		what := object{r.oid(), r.oid()}
		l.code.objects[what] = true
		*pure = *pure && what.class == classOfAccessMethods
	})
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
	asked := []uint32{oidJSON, oidJSONB, oidText, oidTSVector}
	if l.lacks.operators {
		for _, oid := range asked {
			uses[oid] = l.ownUse(oid) // those of the types are found with the types
		}
	} else if err := l.readOperators(ctx, slices.Concat(asked, types)); err != nil {
		return err
	}
	e := &l.catalog.Expressions
	e.JSON, e.JSONB, e.Text, e.TSVector = uses[oidJSON], uses[oidJSONB], uses[oidText], uses[oidTSVector]
	return nil
}

func (l *loader) readOperators(ctx context.Context, types []uint32) error {
	params := append(l.codeParams(), l.array(pgtype.OIDArrayOID, types), l.array(pgtype.TextArrayOID, operatorNames()))
	return l.query(ctx, "operators", params, func(r *row) {
		l.operatorUse[r.oid()] = OperatorUse{Pure: r.operators(), Fixed: r.operators()}
	})
}

// ownUse returns what operators.sql says of a type that is base or a domain over it, if all operators are PostgreSQL's own.
func (l *loader) ownUse(base uint32) OperatorUse {
	all := OperatorsOf(operatorNames()...)
	use := OperatorUse{Pure: all, Fixed: all}
	if l.code.objects[object{classOfTypes, base}] {
		use.Pure = 0
	}
	if base >= firstUserOid {
		use.Fixed = 0
	}
	return use
}

// settings reads an integer that holds the bits of settings.
func (r *row) settings() Settings { return Settings(r.int4()) } // eight bits

// operators reads an integer that holds the bits of operators.
func (r *row) operators() Operators { return Operators(r.int4()) } // less than 31 bits
