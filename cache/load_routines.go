package cache

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// routines reads the functions of the exposed schemas and their parameters.
func (l *loader) routines(ctx context.Context) error {
	params := append(l.exposed(), l.array(pgtype.TextArrayOID, l.options.HoistedSettings))
	at := make(map[uint32]int)
	l.catalog.Routines, l.exposedFunctions = nil, make(map[uint32]bool)
	err := l.query(ctx, "functions", l.exposed(), func(r *row) { l.exposedFunctions[r.oid()] = true })
	if err != nil {
		return err
	}
	err = l.query(ctx, "routines", params, func(r *row) {
		at[r.oid()] = len(l.catalog.Routines)
		l.catalog.Routines = append(l.catalog.Routines, readRoutine(r))
	})
	if err != nil {
		return err
	}
	return l.query(ctx, "params", l.exposed(), func(r *row) {
		i, ok := at[r.oid()]
		if !ok {
			return // of a function that cannot be called
		}
		p := Param{Name: r.text(), Type: r.text(), CastType: r.text(), Required: r.bool(), Variadic: r.bool()}
		routine := &l.catalog.Routines[i]
		routine.Params = append(routine.Params, p)
		routine.Variadic = routine.Variadic || p.Variadic
	})
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
	l.catalog.ComputedRelationships = nil
	return l.query(ctx, "computed", l.exposed(), func(r *row) {
		l.catalog.ComputedRelationships = append(l.catalog.ComputedRelationships, ComputedRelationship{
			Function: r.name(), Table: r.name(), Foreign: r.name(), SingleRow: r.bool(),
		})
	})
}

// representations reads the domain representations.
func (l *loader) representations(ctx context.Context) error {
	l.catalog.Representations, l.casts = nil, make(map[uint32]bool)
	return l.query(ctx, "representations", nil, func(r *row) {
		l.catalog.Representations = append(l.catalog.Representations, Representation{
			Source: r.text(), Target: r.text(), Function: r.name(),
		})
		l.casts[r.oid()] = true
	})
}

// mediaHandlers reads the media type handlers.
func (l *loader) mediaHandlers(ctx context.Context) error {
	l.catalog.MediaHandlers = nil
	return l.query(ctx, "media_handlers", l.exposed(), func(r *row) {
		l.catalog.MediaHandlers = append(l.catalog.MediaHandlers, MediaHandler{
			Function: r.name(), Target: r.name(), Accept: r.text(), MediaType: r.text(),
		})
	})
}

// names reads what else changes the text of routines and columns: relations whose row types they have, and what domains
// name.
func (l *loader) names(ctx context.Context) error {
	l.rowTypes, l.typed = make(map[uint32]rowType), make(map[object]bool)
	err := l.query(ctx, "type_names", nil, func(r *row) { l.typed[object{r.oid(), r.oid()}] = true })
	if err != nil {
		return err
	}
	return l.rowRelations(ctx)
}

// rowRelations reads which relations' row types are used.
func (l *loader) rowRelations(ctx context.Context) error {
	types := make(map[uint32]bool)
	for t := range l.columnTypes {
		if t.oid >= firstUserOid {
			types[t.oid] = true
		}
	}
	params := append(l.exposed(), l.array(pgtype.OIDArrayOID, slices.Collect(maps.Keys(types))))
	return l.query(ctx, "row_relations", params, func(r *row) {
		l.rowTypes[r.oid()] = rowType{name: r.name(), inColumn: r.bool()}
	})
}
