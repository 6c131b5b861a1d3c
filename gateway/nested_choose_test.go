package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
)

// nestedChoice is a write while it is made up.
type nestedChoice struct {
	*nestedWorld
	*nestedWrite
	m *moving
	// existing are the labels of the rows of each table, and used those of the rows of the write: each occurs once, so
	// that the order of rows makes no difference.
	existing map[*nestedTable][]string
	used     map[*nestedTable]map[string]bool
}

// choose returns the next write, whose result does not depend on the order in which it is executed.
func (w *nestedWorld) choose(m *moving) *nestedWrite {
	for {
		c := &nestedChoice{nestedWorld: w, m: m, existing: map[*nestedTable][]string{}, used: map[*nestedTable]map[string]bool{}}
		c.nestedWrite = &nestedWrite{method: []string{"POST", "PATCH", "PUT"}[w.r.IntN(3)], minimal: w.r.IntN(4) == 0}
		for _, t := range w.tables {
			c.used[t] = map[string]bool{}
			c.existing[t] = m.texts("select json_agg(label order by label)::text from api." + t.name)
		}
		if c.choose() && !w.contradicts(m, c.nestedWrite) {
			return c.nestedWrite
		}
	}
}

// choose makes up a write. It reports whether there is one.
func (c *nestedChoice) choose() bool {
	root := &nestedPlace{table: c.tables[c.r.IntN(len(c.tables))]}
	rows := 1
	switch c.method {
	case "POST":
		rows = 1 + c.r.IntN(3)
		if c.merges = c.r.IntN(3) == 0; c.merges {
			root.mode = modeMerge
		}
	case "PUT":
		if !root.table.puts {
			return false
		}
	}
	c.below(root, 3)
	for range rows {
		c.rows = append(c.rows, c.row(root))
	}
	return c.address(root.table)
}

// address chooses the row that PATCH or PUT find.
func (c *nestedChoice) address(t *nestedTable) bool {
	row := c.rows[0]
	var ok bool
	switch c.method {
	case "PATCH":
		c.found, ok = c.pick(t)
		row.label = c.found
		return ok
	case "PUT":
		c.key = []string{fmt.Sprint(100000 + c.labels), "b"}[:len(t.key)]
		if c.r.IntN(3) > 0 {
			if c.found, ok = c.pick(t); !ok {
				return false
			}
			c.key = c.m.texts("select json_build_array(" + strings.Join(t.key, "::text, ") + "::text)::text from api." + t.name + " where label = " + quoted(c.found))
			if c.r.IntN(2) == 0 {
				row.label = c.found
			}
		}
	}
	return true
}

// pick returns the label of a row that exists and has not been used.
func (c *nestedChoice) pick(t *nestedTable) (string, bool) {
	for range 4 {
		label := c.existing[t][c.r.IntN(len(c.existing[t]))]
		if !c.used[t][label] {
			c.used[t][label] = true
			return label, true
		}
	}
	return "", false
}

// below makes up the places below one. Not more than depth of them are below each other.
func (c *nestedChoice) below(p *nestedPlace, depth int) {
	for _, e := range c.edges(p.table) {
		if depth == 0 || c.r.IntN(3) > 0 && (depth < 3 || c.r.IntN(2) == 0) || p.mode.links() && e.toOne() {
			continue
		}
		back := p.ref != nil && e.ref == p.ref && e.toMany != p.toMany
		if back && (p.toMany || e.ref.single) {
			continue // the row above is the one
		}
		q := &nestedPlace{nestedEdge: e, table: e.target()}
		if c.deferred || depth == 3 {
			q.mode = c.mode(&e, back)
		}
		if c.merges && q.mode == modeAdd {
			q.mode = modeMerge
		}
		c.below(q, depth-1)
		p.below = append(p.below, q)
	}
}

// mode makes up what becomes of the rows to which an edge leads. If it leads back, the row above is one of them, and must
// not be removed.
func (c *nestedChoice) mode(e *nestedEdge, back bool) nestedMode {
	switch c.r.IntN(6) {
	case 0:
		return modeMerge
	case 1:
		return modeLink
	case 2, 3:
		if !back {
			return modeReplace
		}
	case 4:
		if e.junction != nil {
			return modeReplaceLink
		}
	}
	return modeAdd
}

// row makes up a row of a place, with rows related to it.
func (c *nestedChoice) row(p *nestedPlace) *nestedRow {
	row := &nestedRow{place: p, label: c.label(p), v: c.r.IntN(100)}
	for _, below := range p.below {
		g := &nestedGroup{nestedPlace: below}
		if below.toOne() && p.mode.merges() {
			g.null = c.r.IntN(3) == 0 // each row says something
		} else if c.r.IntN(3) == 0 {
			continue
		} else {
			g.null = c.r.IntN(4) == 0 && !(below.toOne() && below.ref.from == below.ref.to) // for which null is a column
		}
		n := c.r.IntN(4)
		if below.one() {
			n = 1
		}
		for range n {
			if !g.null {
				g.rows = append(g.rows, c.row(below))
			}
		}
		row.groups = append(row.groups, g)
	}
	return row
}

// label makes up the label of a row: that of one that exists, a new one, or one that is refused.
func (c *nestedChoice) label(p *nestedPlace) string {
	exists := 1 // of 40
	switch {
	case p.mode.links():
		exists = 38
	case p.mode.merges():
		exists = 20
	}
	if c.r.IntN(40) < exists {
		if label, ok := c.pick(p.table); ok {
			return label
		}
	}
	c.labels++
	label := fmt.Sprintf("r%d", c.labels)
	switch c.r.IntN(60) {
	case 0:
		label += "bad"
	case 1:
		label += "hid"
	case 2, 3:
		if p.table.leavesOut && len(p.below) == 0 {
			label += "skip"
		}
	}
	return label
}

// contradicts reports whether a write has a row that another place removes: then its result would depend on the order.
func (w *nestedWorld) contradicts(m *moving, n *nestedWrite) bool {
	removed := map[*nestedTable]map[string]*nestedGroup{}
	for _, t := range w.tables {
		removed[t] = map[string]*nestedGroup{}
	}
	n.visit(func(row *nestedRow, label string, _ *nestedGroup) {
		for _, g := range row.groups {
			if !g.removes() {
				continue
			}
			for _, l := range m.texts(related(g.ref, row.place.table, label)) {
				removed[g.table][l] = g
			}
		}
	})
	found := false
	n.visit(func(row *nestedRow, label string, in *nestedGroup) {
		by := removed[row.place.table][label]
		found = found || by != nil && by != in
	})
	return found
}

// related returns a query for the labels of the rows that refer to a row.
func related(ref *nestedRef, to *nestedTable, label string) string {
	return "select coalesce(json_agg(x.label), '[]')::text from api." + ref.from.name + " x join api." + to.name + " p on " +
		equal("x", ref.columns, "p", to.key) + " where p.label = " + quoted(label)
}

// removes reports whether rows that refer to the row above, and are not in the group, are deleted.
func (g *nestedGroup) removes() bool {
	return g.mode.replaces() && g.toMany && (!g.null || g.one())
}

// visit calls a function with each row, the label by which it may exist, and the group that it is in, nil for the root's.
func (n *nestedWrite) visit(each func(*nestedRow, string, *nestedGroup)) {
	var below func(*nestedRow)
	below = func(row *nestedRow) {
		for _, g := range row.groups {
			for _, r := range g.rows {
				each(r, r.label, g)
				below(r)
			}
		}
	}
	for _, row := range n.rows {
		label := row.label
		if n.method != "POST" {
			label = n.found
		}
		each(row, label, nil)
		below(row)
	}
}

// texts returns the strings in an array in JSON, which a query returns.
func (m *moving) texts(sql string) (texts []string) {
	m.t.Helper()
	if err := json.Unmarshal([]byte(m.value(sql)), &texts); err != nil {
		m.t.Fatal(err)
	}
	return texts
}
