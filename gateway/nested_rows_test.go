package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
)

// nestedEdge leads from a row to rows related to it.
type nestedEdge struct {
	ref      *nestedRef
	toMany   bool
	junction *nestedJunction
}

// member returns the member of a payload that the edge is.
func (e *nestedEdge) member() string {
	switch {
	case e.junction != nil:
		return e.junction.b.name + "!" + e.junction.name
	case e.ref.from == e.ref.to && e.toMany:
		return e.ref.from.name + "!" + e.ref.columns[0]
	case e.ref.from == e.ref.to:
		return e.ref.columns[0]
	case e.toMany:
		return e.ref.from.name + "!" + e.ref.name
	default:
		return e.ref.to.name + "!" + e.ref.name
	}
}

// target returns the table of the rows to which the edge leads.
func (e *nestedEdge) target() *nestedTable {
	switch {
	case e.junction != nil:
		return e.junction.b
	case e.toMany:
		return e.ref.from
	default:
		return e.ref.to
	}
}

// one reports whether there is at most one row.
func (e *nestedEdge) one() bool { return e.junction == nil && (!e.toMany || e.ref.single) }

// toOne reports whether a row refers to the other, which must exist before it.
func (e *nestedEdge) toOne() bool { return e.junction == nil && !e.toMany }

// nameless reports whether the edge is a relationship of a table to itself that is one-to-one or many-to-many. PostgREST
// finds no name for these, so that no member of a payload can be one.
func (e *nestedEdge) nameless() bool {
	if e.junction != nil {
		return e.junction.a == e.junction.b
	}
	return e.ref.from == e.ref.to && e.ref.single
}

// edges returns what may lead from a row of a table, and has a name.
func (w *nestedWorld) edges(t *nestedTable) (all []nestedEdge) {
	for _, other := range w.tables {
		for _, ref := range other.refs {
			if ref.from == t {
				all = append(all, nestedEdge{ref: ref})
			}
			if ref.to == t {
				all = append(all, nestedEdge{ref: ref, toMany: true})
			}
		}
	}
	for _, j := range w.junctions {
		if j.a == t {
			all = append(all, nestedEdge{junction: j})
		}
	}
	return slices.DeleteFunc(all, func(e nestedEdge) bool { return e.nameless() })
}

// nestedMode is what becomes of rows that exist, as a preference.
type nestedMode string

const (
	modeAdd         nestedMode = ""
	modeMerge       nestedMode = "resolution=merge-duplicates"
	modeReplace     nestedMode = "children=replace"
	modeLink        nestedMode = "children=link"
	modeReplaceLink nestedMode = "children=replace-link"
)

func (m nestedMode) links() bool    { return m == modeLink || m == modeReplaceLink }
func (m nestedMode) replaces() bool { return m == modeReplace || m == modeReplaceLink }
func (m nestedMode) merges() bool   { return m == modeMerge || m == modeReplace }

// nestedPlace is a place of a payload at which there are rows.
type nestedPlace struct {
	nestedEdge // from the rows above; nothing for the root
	table      *nestedTable
	mode       nestedMode
	below      []*nestedPlace
}

// nestedRow is a row of a payload.
type nestedRow struct {
	place  *nestedPlace
	label  string
	v      int
	groups []*nestedGroup
}

// nestedGroup are the rows of a place that belong to a row above, or null.
type nestedGroup struct {
	*nestedPlace
	null bool
	rows []*nestedRow
}

// nestedWrite is a write with rows of several tables.
type nestedWrite struct {
	method string
	// merges is set if resolution=merge-duplicates holds for all levels.
	merges bool
	// minimal is set if no rows are returned.
	minimal bool
	rows    []*nestedRow
	// found is the label of the row that PATCH or PUT find, "" for none, and key that row's key for PUT, or the key of a
	// new one.
	found string
	key   []string
}

func (n *nestedWrite) root() *nestedPlace { return n.rows[0].place }

// payload returns the body of the write.
func (n *nestedWrite) payload() []byte {
	var all []json.RawMessage
	for _, row := range n.rows {
		all = append(all, n.object(row))
	}
	if n.method == "POST" {
		return jsonOf(all)
	}
	return all[0]
}

// object returns a row as JSON, with its members in the order of the edges.
func (n *nestedWrite) object(row *nestedRow) json.RawMessage {
	out := []byte("{")
	member := func(name string, value any) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, jsonOf(name)...), ':'), jsonOf(value)...)
	}
	if row == n.rows[0] && n.method == "PUT" {
		for i, column := range row.place.table.key {
			member(column, n.key[i])
		}
	}
	if row != n.rows[0] || n.method != "PATCH" {
		member("label", row.label)
	}
	if !row.place.mode.links() {
		member("v", row.v)
	}
	for _, g := range row.groups {
		below := []json.RawMessage{} // not null if it is empty
		for _, r := range g.rows {
			below = append(below, n.object(r))
		}
		switch {
		case g.null:
			member(g.member(), nil)
		case g.one():
			member(g.member(), below[0])
		default:
			member(g.member(), below)
		}
	}
	return append(out, '}')
}

func jsonOf(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

// selected returns the value of select that shows the rows of a place and those below.
func (p *nestedPlace) selected(path string) string {
	items := "label,v,stamp,writes,told,doubled"
	for i, below := range p.below {
		alias := fmt.Sprintf("%s%d", path, i)
		items += "," + alias + ":" + below.member() + "(" + below.selected(alias+"x") + ")"
	}
	return items
}

// preferences returns the preferences of the places below p, whose paths begin with one.
func (p *nestedPlace) preferences(path string) (all []string) {
	for _, below := range p.below {
		if below.mode != modeAdd {
			all = append(all, path+below.member()+"."+string(below.mode))
		}
		all = append(all, below.preferences(path+below.member()+".")...)
	}
	return all
}

// conflicts returns on_conflict for the places below p: rows are found by their labels.
func (p *nestedPlace) conflicts() (all []string) {
	for _, below := range p.below {
		text := "label"
		for _, deeper := range below.conflicts() {
			text += "," + deeper
		}
		all = append(all, below.member()+"("+text+")")
	}
	return all
}
