package cache

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// userCode is what may run code that users of the database wrote: objects by class (the oid of the catalog that holds
// them) and oid, side by side. Types are among them once they have been read.
type userCode struct{ classes, oids []uint32 }

func (c *userCode) add(class, oid uint32) {
	c.classes, c.oids = append(c.classes, class), append(c.oids, oid)
}

// Oids that PostgreSQL's source fixes: the class of types, and the types that expressions of the gateway have.
const (
	classOfTypes = 1247
	oidJSON      = pgtype.JSONOID
	oidJSONB     = pgtype.JSONBOID
	oidText      = pgtype.TextOID
	oidTSVector  = pgtype.TSVectorOID
)

// userCode reads what may run code of users, and which types show in a way that depends on the search path.
func (l *loader) userCode(ctx context.Context) error {
	err := l.query(ctx, "code", nil, func(r *row) { l.code.add(r.oid(), r.oid()) })
	if err != nil {
		return err
	}
	params := l.codeParams()
	err = l.query(ctx, "code_traits", params, func(r *row) {
		e := &l.catalog.Expressions
		e.PureTextSearch, e.PureCasts = r.bool(), r.bool()
	})
	if err != nil {
		return err
	}
	return l.query(ctx, "code_types", params, func(r *row) {
		oid := r.oid()
		if r.bool() {
			l.code.add(classOfTypes, oid)
		}
		if r.bool() {
			l.pathTypes = append(l.pathTypes, oid)
		}
	})
}

// codeParams encodes the code as two parameters.
func (l *loader) codeParams() [][]byte {
	return [][]byte{l.array(pgtype.OIDArrayOID, l.code.classes), l.array(pgtype.OIDArrayOID, l.code.oids)}
}

// purity reads what runs when the relations are read and written, and what that sees of a request. A search path that
// names pg_catalog lets users' functions, operators and types stand before PostgreSQL's; then nothing is known.
func (l *loader) purity(ctx context.Context) error {
	if slices.Contains(l.options.Schemas, "pg_catalog") || slices.Contains(l.options.ExtraSearchPath, "pg_catalog") {
		return nil
	}
	params := append(l.exposed(), l.codeParams()...)
	params = append(params, l.array(pgtype.OIDArrayOID, l.pathTypes), l.array(pgtype.TextArrayOID, operatorNames()))
	return l.query(ctx, "pure", params, func(r *row) {
		t := &l.catalog.Tables[l.relations[r.oid()].table]
		t.RowSecurity = r.bool()
		t.Pure, t.PureInsert, t.PureChange = r.bool(), r.bool(), r.bool()
		t.Sees, t.InsertSees, t.ChangeSees = r.settings(), r.settings(), r.settings()
	})
}

// settings reads an integer that holds the bits of settings.
func (r *row) settings() Settings { return Settings(r.int4()) } // eight bits

// operators reads what operators do to values of the types, and of those that expressions have without any column.
func (l *loader) operators(ctx context.Context, types []uint32) (map[uint32]OperatorUse, error) {
	uses := make(map[uint32]OperatorUse, len(types))
	asked := append([]uint32{oidJSON, oidJSONB, oidText, oidTSVector}, types...)
	params := append(l.codeParams(), l.array(pgtype.OIDArrayOID, asked), l.array(pgtype.TextArrayOID, operatorNames()))
	err := l.query(ctx, "operators", params, func(r *row) {
		uses[r.oid()] = OperatorUse{Pure: r.operators(), Fixed: r.operators()}
	})
	e := &l.catalog.Expressions
	e.JSON, e.JSONB, e.Text, e.TSVector = uses[oidJSON], uses[oidJSONB], uses[oidText], uses[oidTSVector]
	return uses, err
}

// operators reads an integer that holds the bits of operators.
func (r *row) operators() Operators { return Operators(r.int4()) } // less than 31 bits
