package pgsql

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/request"
)

const payload = "pgrst_body"

// mutation writes the data-modifying statement.
func (w *writer) mutation(m *planner.Mutation) {
	switch m.Action {
	case request.ActionInsert, request.ActionUpsert:
		w.insert(m)
	case request.ActionUpdate:
		w.update(m)
	default:
		w.raw("DELETE FROM ")
		w.name(m.Table)
		w.mutationWhere(m.Table, m.Where, " WHERE ")
		w.returning(m)
	}
}

func (w *writer) insert(m *planner.Mutation) {
	w.raw("INSERT INTO ")
	w.name(m.Table)
	if len(m.Columns) > 0 {
		w.raw("(")
		list(w, ", ", m.Columns, func(f *planner.Field) { w.ident(f.Name) })
		w.raw(")")
	}
	w.raw(" SELECT ")
	list(w, ", ", m.Columns, func(f *planner.Field) { w.column(cache.QualifiedName{Name: payload}, f.Name) })
	w.raw(" ")
	w.fromPayload(m.Payload, m.Columns, false, m.Defaults)
	counts := countsInserted(m)
	if counts {
		w.raw(" WHERE ")
		w.inserted("+", "0")
	}
	w.mutationWhere(cache.QualifiedName{Name: payload}, m.Where, " AND ")
	w.conflict(m, counts)
	w.returning(m)
}

// countsInserted tells whether rows that were inserted must be told from those that were updated.
func countsInserted(m *planner.Mutation) bool {
	return m.Action == request.ActionUpsert || m.Conflict != nil && m.Conflict.Merge
}

// inserted adds to or takes from the counter of inserted rows: each row counts up, and down again if it turns out to
// be an update. It is a condition that always holds.
func (w *writer) inserted(sign, least string) {
	w.raw("set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) " +
		sign + " 1)::text, true) <> '" + least + "'")
}

func (w *writer) conflict(m *planner.Mutation, counts bool) {
	if m.Conflict == nil || len(m.Conflict.Columns) == 0 {
		return
	}
	w.raw(" ON CONFLICT(")
	list(w, ", ", m.Conflict.Columns, func(c *string) { w.ident(*c) })
	if !m.Conflict.Merge || len(m.Columns) == 0 {
		w.raw(") DO NOTHING")
		return
	}
	w.raw(") DO UPDATE SET ")
	list(w, ", ", m.Columns, func(f *planner.Field) {
		w.ident(f.Name)
		w.raw(" = EXCLUDED.")
		w.ident(f.Name)
	})
	if counts {
		w.raw(" WHERE ")
		w.inserted("-", "-1")
	}
}

func (w *writer) update(m *planner.Mutation) {
	if len(m.Columns) == 0 {
		w.noUpdate(m)
		return
	}
	w.raw("UPDATE ")
	w.name(m.Table)
	w.raw(" SET ")
	list(w, ", ", m.Columns, func(f *planner.Field) {
		w.ident(f.Name)
		w.raw(" = ")
		w.column(cache.QualifiedName{Name: payload}, f.Name)
	})
	w.raw(" ")
	w.fromPayload(m.Payload, m.Columns, false, m.Defaults)
	w.mutationWhere(m.Table, m.Where, " WHERE ")
	w.returning(m)
}

// noUpdate is an update that sets nothing: no rows, with the columns that the answer needs.
func (w *writer) noUpdate(m *planner.Mutation) {
	w.raw("SELECT ")
	if len(m.Returning) == 0 {
		w.raw("NULL")
	} else {
		list(w, ", ", m.Returning, func(c *string) { w.column(cache.QualifiedName{Name: m.Table.Name}, *c) })
	}
	w.raw(" FROM ")
	w.name(m.Table)
	w.raw(" WHERE false")
}

func (w *writer) mutationWhere(relation cache.QualifiedName, where []planner.Condition, separator string) {
	for i := range where {
		w.raw(separator)
		separator = " AND "
		w.condition(relation, &where[i], func(*planner.Condition) {
			panic("BUG: a mutation has a condition on an embed")
		})
	}
}

// returning names the columns that the answer needs, or a constant to count rows by.
func (w *writer) returning(m *planner.Mutation) {
	if len(m.Returning) == 0 {
		w.raw(" RETURNING 1")
		return
	}
	w.raw(" RETURNING ")
	list(w, ", ", m.Returning, func(c *string) { w.column(m.Table, *c) })
}

// fromPayload writes the FROM items that make rows called pgrst_body of the payload, which is one parameter.
func (w *writer) fromPayload(p *request.Payload, columns []planner.Field, one, defaults bool) {
	set, elements, value := "json_to_recordset", "json_array_elements", "pgrst_payload.json_data"
	object := p != nil && p.Object
	if object {
		set = "json_to_record"
	}
	w.raw("FROM (SELECT ")
	w.payload(p)
	if defaults {
		set, elements, value = "jsonb_to_recordset", "jsonb_array_elements", "pgrst_json_defs.val"
		if object {
			set = "jsonb_to_record"
		}
		w.raw("::jsonb AS json_data) pgrst_payload, ")
		w.defaults(columns, object)
	} else {
		w.raw("::json AS json_data) pgrst_payload, ")
	}
	w.raw("LATERAL (SELECT ")
	list(w, ", ", columns, w.payloadColumn)
	w.raw(" FROM ")
	switch {
	case len(columns) > 0:
		w.raw(set + "(" + value + ") AS _(")
		list(w, ", ", columns, func(f *planner.Field) {
			w.ident(f.Name)
			w.raw(" ")
			w.sqlType(f.Type)
		})
		w.raw(")")
		if one {
			w.raw(" LIMIT 1")
		}
	case object:
		w.raw("(VALUES (1)) _")
	default:
		w.raw(elements + "(" + value + ") _")
	}
	w.raw(") " + payload)
}

func (w *writer) payload(p *request.Payload) {
	if p == nil {
		w.param(Param{})
		return
	}
	raw := p.Raw
	if raw == nil {
		raw = []byte{}
	}
	w.param(Param{Value: raw})
}

// payloadColumn writes a column of the payload, made by its representation's function if it has one.
func (w *writer) payloadColumn(f *planner.Field) {
	if f.Transform.Name == "" {
		w.ident(f.Name)
		return
	}
	w.name(f.Transform)
	w.raw("(")
	w.ident(f.Name)
	w.raw(") AS ")
	w.ident(f.Name)
}

// defaults puts the columns' defaults beneath what the payload says.
func (w *writer) defaults(columns []planner.Field, object bool) {
	w.raw("LATERAL (SELECT ")
	if !object {
		w.raw("jsonb_agg(")
	}
	w.raw("jsonb_build_object(")
	first := true
	for i := range columns {
		if columns[i].Default == "" {
			continue
		}
		if !first {
			w.raw(", ")
		}
		first = false
		w.literal(columns[i].Name)
		w.raw(", ")
		w.raw(columns[i].Default) // an expression of the catalog
	}
	if object {
		w.raw(") || pgrst_payload.json_data AS val) pgrst_json_defs, ")
		return
	}
	w.raw(") || elem) AS val FROM jsonb_array_elements(pgrst_payload.json_data) elem) pgrst_json_defs, ")
}

// literal writes a column's name as a string constant. Names come from the catalog.
func (w *writer) literal(s string) {
	if strings.Contains(s, `\`) {
		w.raw("E")
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	w.raw("'" + strings.ReplaceAll(s, "'", "''") + "'")
}
