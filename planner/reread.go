package planner

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// NewReread plans the answer of a write whose rows other statements have written. Without key they are those that the
// filters of the request select, and else those of which the payload of the request has the columns of key, in its
// order. The action of the plan is that of the request.
func NewReread(req *request.Request, snap *cache.Snapshot, o *Options, key []string) (*Plan, *apierr.Error) {
	p := newPlanning(req, snap, o)
	if err := p.findTable(); err != nil {
		return nil, err
	}
	orders := len(key) > 0 && !ordersRoot(req) && p.nameColumns()
	if err := p.readTree(p.plan.Target); err != nil {
		return nil, err
	}
	table := p.plan.Table
	m := &Mutation{Action: request.ActionRead, Table: p.plan.Target, Payload: req.Payload, PrimaryKey: table.PrimaryKey}
	m.avoidNames()
	m.Returning = neededColumns(p.plan.Read, nil, true)
	p.plan.Mutation = m
	if err := p.rereadBy(m, key); err != nil {
		return nil, err
	}
	if orders {
		m.Position = FreeName("pgrst_n", func(name string) bool { return table.Column(name) != nil })
	}
	if err := p.checkPreferences(); err != nil {
		return nil, err
	}
	if err := p.negotiate(p.plan.Target); err != nil {
		return nil, err
	}
	p.judge()
	return p.plan, nil
}

// ordersRoot reports whether the client has chosen an order of the rows.
func ordersRoot(req *request.Request) bool {
	return slices.ContainsFunc(req.Query.Order, func(o request.PathOrder) bool { return len(o.Path) == 0 })
}

// nameColumns replaces a star by the columns if the request selects embeds: a join may change the order of the rows, and
// to keep it they have a column more. It reports whether that is so.
func (p *planning) nameColumns() bool {
	items := p.req.Query.Select
	if !slices.ContainsFunc(items, func(i request.SelectItem) bool { return i.Kind != request.SelectField }) {
		return false
	}
	if slices.ContainsFunc(items, func(i request.SelectItem) bool { return i.Aggregate != request.NoAggregate }) {
		return false
	}
	req := *p.req
	req.Query.Select = nil
	for i := range items {
		if !plainStar(&items[i]) || items[i].Readable && len(p.plan.Table.Readers[req.Role]) > 0 {
			req.Query.Select = append(req.Query.Select, items[i])
			continue
		}
		for c := range p.plan.Table.Columns {
			req.Query.Select = append(req.Query.Select, request.SelectItem{Field: request.Field{Name: p.plan.Table.Columns[c].Name}})
		}
	}
	p.req = &req
	return true
}

// rereadBy sets what the rows are found by.
func (p *planning) rereadBy(m *Mutation, key []string) (err *apierr.Error) {
	if len(key) > 0 {
		m.Key, err = p.keyFields(key)
		return err
	}
	if m.Where, err = p.mutationConditions(p.plan.Table); err == nil && p.o.SafeUpdate && len(m.Where) == 0 {
		err = apierr.UnsafeWrite(false)
	}
	return err
}

// keyFields returns columns whose values are in JSON.
func (p *planning) keyFields(names []string) ([]Field, *apierr.Error) {
	s, fields := scope{p.snap, p.plan.Table}, make([]Field, len(names))
	for i, name := range names {
		field, ok := s.value(name)
		if !ok {
			return nil, apierr.UnknownColumn(p.plan.Table.Name.Name, name)
		}
		field.Default = ""
		fields[i] = field
	}
	return fields, nil
}

// NewRemoval plans a delete of the rows whose columns have values among those of the first rows, and not among those of
// the second ones, unless these have no columns.
func NewRemoval(req *request.Request, snap *cache.Snapshot, o *Options, of, except []string) (*Plan, *apierr.Error) {
	anyRows := *o
	anyRows.SafeUpdate = false // there always is a condition
	plan, err := New(req, snap, &anyRows)
	if err != nil {
		return nil, err
	}
	p := newPlanning(req, snap, o)
	p.plan = plan
	for i, columns := range [...][]string{of, except} {
		if len(columns) == 0 {
			continue
		}
		fields, err := p.keyFields(columns)
		if err != nil {
			return nil, err
		}
		c := Condition{Kind: CondAmong, Not: i == 1, Among: &Among{Columns: fields}}
		plan.Mutation.Where = append(plan.Mutation.Where, c)
	}
	if slices.ContainsFunc(plan.Mutation.Where, func(c Condition) bool { return !p.judgeKeys(&c) }) {
		plan.Pure, plan.Sees, plan.RoleBound = false, cache.AllSettings, true
	}
	return plan, nil
}

// judgeKeys reports whether a condition added to the plan runs only PostgreSQL's own code, and observes no more than the
// plan says.
func (p *planning) judgeKeys(c *Condition) bool {
	j := judgement{snap: p.snap}
	return j.keys(c.Among.Columns, p.plan.Table) && j.sees == 0 && !j.roleBound
}
