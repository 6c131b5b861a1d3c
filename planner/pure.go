package planner

import (
	"trunkline/cache"
	"trunkline/planner/request"
)

// judgement determines what code a statement runs and what it observes, from the snapshot's traits of relations and the
// types used by the request. Its methods report whether a part runs only PostgreSQL's own code. In doubt they return
// false, and the rest of the judgement is then invalid.
type judgement struct {
	snap *cache.Snapshot
	// uses is what the parts examined so far use.
	uses cache.Uses
	// sees are the settings of the request that the parts examined so far may read.
	sees cache.Settings
	// roleBound is set if a part examined so far may differ, or be allowed, for another role.
	roleBound bool
}

// judge sets the plan's fields about the code that runs and what it observes. The plan must be complete otherwise.
func (p *planning) judge() {
	j := judgement{snap: p.snap, uses: p.plan.Uses}
	p.plan.Pure = j.plan(p.plan)
	if p.plan.Uses = j.uses; !p.plan.Pure {
		return
	}
	p.plan.Sees, p.plan.RoleBound = j.sees, j.roleBound
	if p.plan.Media.Kind == request.MediaPlan { // shows names and settings
		p.plan.Sees = cache.AllSettings
	}
}

func (j *judgement) plan(p *Plan) bool {
	switch p.Body.Kind {
	case BodyCustom, BodyGeoJSON:
		return false
	}
	return (p.Mutation == nil || j.mutation(p.Mutation, p.Table)) && j.node(p.Read, nil) &&
		(p.Keyset == nil || j.keyset(p.Read))
}

// node judges a node and everything embedded in it.
func (j *judgement) node(n, parent *ReadNode) bool {
	if n.judged { // for a condition on its rows, or as an embed; what is not pure is not looked at again
		return true
	}
	n.judged = true
	if !j.relation(n.table) || n.Relationship != nil && !j.join(n, parent) {
		return false
	}
	if len(n.Having) > 0 { // what operators do to the values of aggregates is not known
		return false
	}
	return j.selection(n) && j.conditions(n, n.Where) && j.order(n, n.Order) && j.children(n)
}

func (j *judgement) children(n *ReadNode) bool {
	for _, child := range n.Children {
		if !j.node(child, n) {
			return false
		}
	}
	return true
}

// relation judges the reading of a relation, which is nil if the snapshot does not contain it.
func (j *judgement) relation(t *cache.Table) bool {
	if t == nil || !t.Pure {
		return false
	}
	j.use(t, cache.Reads)
	j.sees |= t.Sees
	j.bind(t)
	return true
}

// use records that the statement uses a relation.
func (j *judgement) use(t *cache.Table, access cache.Access) {
	j.uses.Relations = append(j.uses.Relations, cache.Use{Table: t, Access: access})
}

// bind records whether t shows different rows to different roles, or runs with the privileges of one.
func (j *judgement) bind(t *cache.Table) {
	switch t.Kind {
	case cache.KindTable, cache.KindPartitioned, cache.KindMaterializedView:
		j.roleBound = j.roleBound || t.RowSecurity
	default:
		j.roleBound = true
	}
}

// join judges the join of an embed with its parent: by equal columns, possibly through a junction.
func (j *judgement) join(n, parent *ReadNode) bool {
	r := n.Relationship
	switch r.Cardinality {
	case cache.Computed:
		return false
	case cache.ManyToMany:
		junction := j.snap.Table(r.Junction.Table)
		return j.relation(junction) && j.pairs(parent.table, junction, r.Junction.Source) &&
			j.pairs(n.table, junction, r.Junction.Target)
	default:
		return j.pairs(parent.table, n.table, r.Columns)
	}
}

// pairs judges the comparison of columns of two relations, which may be nil.
func (j *judgement) pairs(from, to *cache.Table, pairs []cache.ColumnPair) bool {
	if from == nil || to == nil {
		return false
	}
	for _, pair := range pairs {
		a, b := from.Column(pair.From), to.Column(pair.To)
		if a == nil || b == nil || !comparable(a, b) || !j.operates(&a.Operators, opEquals) || !j.operates(&b.Operators, opEquals) {
			return false
		}
	}
	return true
}

// comparable reports whether there is an operator = for exactly the types of the two columns.
func comparable(a, b *cache.Column) bool {
	return a.Type == b.Type || isInteger(a.Type) && isInteger(b.Type)
}

// operates judges an operator on a value of a type.
func (j *judgement) operates(use *cache.OperatorUse, op cache.Operators) bool {
	if !use.Fixed.Has(op) {
		j.sees |= cache.SettingSearchPath
		j.roleBound = true
	}
	return use.Pure.Has(op)
}

func (j *judgement) selection(n *ReadNode) bool {
	for i := range n.Select {
		if _, ok := j.selectField(n.table, &n.Select[i]); !ok {
			return false
		}
	}
	for i := range n.SpreadExtra { // the columns of SpreadOrder
		e := &n.SpreadExtra[i]
		table := n.tableOf(e.Relation)
		if e.Embed != nil {
			table = e.Embed.table
		}
		if _, ok := j.selectField(table, &e.Field); !ok {
			return false
		}
	}
	for i := range n.SpreadFields {
		if !j.spreadField(n, &n.SpreadFields[i]) {
			return false
		}
	}
	return true
}

// spreadField judges a field that a parent selects from the spread n.
func (j *judgement) spreadField(n *ReadNode, f *SpreadField) bool {
	if len(f.Filter) > 0 || f.Transform.Name != "" {
		return false
	}
	if f.Aggregate == request.NoAggregate || f.Aggregate == request.Count && f.AggregateCast == "" {
		return true
	}
	for i := range n.Select {
		if s := &n.Select[i]; s.Alias == f.Name || s.Alias == "" && s.Field.Name == f.Name {
			typ, ok := j.selectField(n.table, s)
			if ok {
				_, ok = j.aggregate(typ, f.Aggregate, f.AggregateCast)
			}
			return ok
		}
	}
	return false
}

func (j *judgement) order(n *ReadNode, terms []OrderTerm) bool {
	for i := range terms {
		t := &terms[i]
		if t.Selected > 0 { // which is judged with the selection
			continue
		}
		if t.Spread != nil { // whose name does not say of which type it is
			return false
		}
		table := n.tableOf(t.Relation)
		if t.Embed != nil {
			table = t.Embed.table
		}
		if _, ok := j.field(table, &t.Field); !ok {
			return false
		}
	}
	return true
}

// keyset judges the comparison of what n is ordered by with a cursor, and its text.
func (j *judgement) keyset(n *ReadNode) bool {
	for i := range n.Order {
		t := &n.Order[i]
		if !t.plain() {
			return false
		}
		v, ok := j.field(n.table, &t.Field)
		if !ok || castType(v.typ) != v.typ || !j.operates(v.use, opEquals) ||
			!j.operates(v.use, filterOperators[request.OpGt]) || !j.operates(v.use, filterOperators[request.OpLt]) {
			return false
		}
	}
	return true
}

// tableOf returns the relation behind an SQL alias in an order of n, or nil if it is not known.
func (n *ReadNode) tableOf(alias string) *cache.Table {
	if alias == "" {
		return n.table
	}
	for _, child := range n.Children {
		if child.JoinAlias == alias {
			return child.table
		}
	}
	return nil
}

// mutation judges a write to a table.
func (j *judgement) mutation(m *Mutation, t *cache.Table) bool {
	if m.Action == request.ActionRead {
		return j.relation(t) && j.keys(m.Key, t) && j.conditions(&ReadNode{table: t}, m.Where)
	}
	if len(m.Key) > 0 || len(m.KeyForms) > 0 || m.Payload != nil && len(m.Payload.Patches) > 0 { // in doubt
		return false
	}
	inserts := m.Action == request.ActionInsert || m.Action == request.ActionUpsert
	changes := m.Action != request.ActionInsert || m.Conflict != nil && m.Conflict.Merge
	if inserts && !t.PureInsert || changes && !t.PureChange {
		return false
	}
	if inserts {
		j.use(t, cache.Inserts)
		j.sees |= t.InsertSees
	}
	if changes {
		j.use(t, cache.Changes)
		j.sees |= t.ChangeSees
	}
	return j.payload(m) && j.conditions(&ReadNode{table: t}, m.Where) &&
		(m.Conflict == nil || j.conditions(&ReadNode{table: t}, m.Conflict.Where)) && (!m.Location || j.location())
}

// keys judges the comparison of columns of a relation with values in JSON.
func (j *judgement) keys(columns []Field, t *cache.Table) bool {
	for i := range columns {
		c := t.Column(columns[i].Name)
		if c == nil || columns[i].Transform.Name != "" || !j.operates(&c.Operators, opEquals) {
			return false
		}
	}
	return true
}

// payload judges the conversion of the values that are written. Defaults written into the statement depend on the
// search path.
func (j *judgement) payload(m *Mutation) bool {
	for i := range m.Columns {
		c := &m.Columns[i]
		if c.Transform.Name != "" || m.Defaults && c.Default != "" {
			return false
		}
	}
	return true
}

// location judges the expression for the Location header, which joins text taken from JSON.
func (j *judgement) location() bool {
	e := &j.snap.Expressions
	return j.operates(&e.JSON, opExtract) && j.operates(&e.Text, opConcatenate)
}
