package cache

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// askedFunctions encodes the functions that are read.
func (l *loader) askedFunctions() []byte {
	if l.onlyFunctions == nil {
		return nil
	}
	return l.array(pgtype.OIDArrayOID, l.onlyFunctions)
}

// without returns a copy of a set of functions without those that are read.
func (l *loader) without(set map[uint32]bool) map[uint32]bool {
	if l.onlyFunctions == nil {
		return make(map[uint32]bool)
	}
	set = maps.Clone(set)
	if set == nil {
		set = make(map[uint32]bool)
	}
	for _, oid := range l.onlyFunctions {
		delete(set, oid)
	}
	return set
}

// ofFunctions is a list in which each item belongs to a function.
type ofFunctions[T any] struct {
	items []T
	oids  []uint32
}

func (o *ofFunctions[T]) add(oid uint32, item T) {
	o.items, o.oids = append(o.items, item), append(o.oids, oid)
}

// join returns the list with the items of another one, without those that functions had that are read again, in an
// order. Both lists are in this order, and items that are equal in that of their functions.
func (o ofFunctions[T]) join(l *loader, fresh ofFunctions[T], compare func(a, b *T) int) ([]T, []uint32) {
	if l.onlyFunctions == nil {
		return fresh.items, fresh.oids
	}
	again := make(map[uint32]bool, len(l.onlyFunctions))
	for _, oid := range l.onlyFunctions {
		again[oid] = true
	}
	var all ofFunctions[T]
	next := 0
	for i := range o.items {
		if again[o.oids[i]] {
			continue
		}
		for next < len(fresh.items) &&
			cmp.Or(compare(&fresh.items[next], &o.items[i]), cmp.Compare(fresh.oids[next], o.oids[i])) < 0 {
			all.add(fresh.oids[next], fresh.items[next])
			next++
		}
		all.add(o.oids[i], o.items[i])
	}
	return append(all.items, fresh.items[next:]...), append(all.oids, fresh.oids[next:]...)
}

// maxAskedFunctions bounds how many functions are asked for one by one after they have been listed. Otherwise PostgreSQL
// reads all functions for each query about those of a schema.
const maxAskedFunctions = 100

// listedFunctions encodes the functions that are read when they have been listed.
func (l *loader) listedFunctions() []byte {
	if l.onlyFunctions == nil && len(l.exposedFunctions) <= maxAskedFunctions {
		return l.array(pgtype.OIDArrayOID, keys(l.exposedFunctions))
	}
	return l.askedFunctions()
}

// queryFunctions runs a query about the functions of the exposed schemas, unless there are none.
func (l *loader) queryFunctions(ctx context.Context, name string, params [][]byte, do func(*row)) error {
	if l.onlyFunctions == nil && len(l.exposedFunctions) == 0 {
		return nil
	}
	return l.query(ctx, name, append(params, l.listedFunctions()), do)
}

// routines reads the functions of the exposed schemas and their parameters.
func (l *loader) routines(ctx context.Context) error {
	asked := append(l.exposed(), l.askedFunctions())
	l.exposedFunctions = l.without(l.exposedFunctions)
	err := l.query(ctx, "functions", asked, func(r *row) { l.exposedFunctions[r.oid()] = true })
	if err != nil {
		return err
	}
	l.shareTexts()
	var fresh ofFunctions[Routine]
	at := make(map[uint32]int)
	err = l.queryFunctions(ctx, "routines", l.routineParams(), func(r *row) {
		oid := r.oid()
		at[oid] = len(fresh.items)
		fresh.add(oid, readRoutine(r))
	})
	if err != nil {
		return err
	}
	err = l.queryFunctions(ctx, "params", l.exposed(), func(r *row) {
		i, ok := at[r.oid()]
		if !ok {
			return // of a function that cannot be called
		}
		p := Param{Name: r.text(), Type: r.text(), CastType: r.text(), Required: r.bool(), Variadic: r.bool()}
		routine := &fresh.items[i]
		routine.Params = append(routine.Params, p)
		routine.Variadic = routine.Variadic || p.Variadic
	})
	known := ofFunctions[Routine]{l.catalog.Routines, l.routineOids}
	l.catalog.Routines, l.routineOids = known.join(l, fresh, func(a, b *Routine) int { return a.Name.Compare(b.Name) })
	l.shareRoutines()
	return err
}

// routineParams are the parameters of routines.sql but for the functions.
func (l *loader) routineParams() [][]byte {
	return append(l.exposed(), l.array(pgtype.TextArrayOID, l.options.HoistedSettings))
}

func readRoutine(r *row) Routine {
	routine := Routine{Name: r.name(), Description: r.text()}
	routine.Return = ReturnType{Type: r.name(), SetOf: r.bool(), Composite: r.bool()}
	domain := r.bool()
	routine.Return.DomainOverComposite = domain && routine.Return.Composite
	routine.Volatility = Volatility(r.char())
	for _, setting := range r.textArray() {
		name, value, _ := strings.Cut(setting, "=")
		routine.Settings = append(routine.Settings, Setting{name, value})
	}
	routine.Isolation = isolationLevel(r.text())
	return routine
}

// isolationLevel returns the level that a default_transaction_isolation means, "" if it is not set. PostgreSQL has no
// level below read committed.
func isolationLevel(setting string) string {
	switch level := strings.ToLower(setting); level {
	case "", "repeatable read", "serializable":
		return level
	default:
		return "read committed"
	}
}

// computed reads the computed relationships.
func (l *loader) computed(ctx context.Context) error {
	var fresh ofFunctions[ComputedRelationship]
	err := l.queryFunctions(ctx, "computed", l.exposed(), func(r *row) {
		fresh.add(r.oid(), ComputedRelationship{
			Function: r.name(), Table: r.name(), Foreign: r.name(), SingleRow: r.bool(),
		})
	})
	known := ofFunctions[ComputedRelationship]{l.catalog.ComputedRelationships, l.computedOids}
	l.catalog.ComputedRelationships, l.computedOids = known.join(l, fresh, func(a, b *ComputedRelationship) int {
		return cmp.Or(a.Function.Compare(b.Function), a.Table.Compare(b.Table))
	})
	return err
}

// representations reads the domain representations, and notes the functions of those that may not be called too: who owns
// one may change.
func (l *loader) representations(ctx context.Context) error {
	l.catalog.Representations, l.casts = nil, make(map[uint32]bool)
	if l.lacks.casts {
		return nil
	}
	return l.query(ctx, "representations", nil, func(r *row) {
		cast := Representation{Source: r.text(), Target: r.text(), Function: r.name()}
		l.casts[r.oid()] = true
		if r.bool() {
			l.catalog.Representations = append(l.catalog.Representations, cast)
		}
	})
}

// mediaHandlers reads the media type handlers.
func (l *loader) mediaHandlers(ctx context.Context) error {
	var fresh ofFunctions[MediaHandler]
	if l.lacks.mediaTypes {
		l.catalog.MediaHandlers, l.handlerOids = nil, nil
		return nil
	}
	err := l.queryFunctions(ctx, "media_handlers", l.exposed(), func(r *row) {
		fresh.add(r.oid(), MediaHandler{
			Function: r.name(), Target: r.name(), Accept: r.text(), MediaType: r.text(),
		})
	})
	known := ofFunctions[MediaHandler]{l.catalog.MediaHandlers, l.handlerOids}
	l.catalog.MediaHandlers, l.handlerOids = known.join(l, fresh, func(a, b *MediaHandler) int {
		return cmp.Or(a.Target.Compare(b.Target), cmp.Compare(a.Accept, b.Accept), a.Function.Compare(b.Function))
	})
	return err
}

// names reads what else changes the text of routines and columns: relations whose row types they have, and what domains
// name.
func (l *loader) names(ctx context.Context) error {
	l.rowTypes, l.typed = make(map[uint32]rowType), nil
	needs, err := l.typeNeeds(ctx, nil)
	if err != nil {
		return err
	}
	l.addTyped(needs)
	types := make(map[uint32]bool)
	for t := range l.columnTypes {
		if t.oid >= firstUserOid {
			types[t.oid] = true
		}
	}
	return l.rowRelations(ctx, slices.Collect(maps.Keys(types)))
}

// rowRelations adds the relations whose row types functions have, or columns of some types.
func (l *loader) rowRelations(ctx context.Context, types []uint32) error {
	if len(types) == 0 && l.onlyFunctions == nil && len(l.exposedFunctions) == 0 {
		return nil
	}
	return l.query(ctx, "row_relations", l.rowParams(types), func(r *row) {
		oid := r.oid()
		var known QualifiedName
		if relation := l.relations.at(oid); relation != nil {
			known = relation.name
		}
		used := rowType{name: r.nameAs(known), inColumn: r.bool()}
		used.inColumn = used.inColumn || l.rowTypes[oid].inColumn
		l.rowTypes[oid] = used
	})
}

// rowParams are the parameters of row_relations.sql.
func (l *loader) rowParams(types []uint32) [][]byte {
	return append(l.exposed(), l.array(pgtype.OIDArrayOID, types), l.listedFunctions())
}
