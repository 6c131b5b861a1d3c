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
	if err := p.checkPreferences(); err != nil {
		return nil, err
	}
	if err := p.negotiate(p.plan.Target); err != nil {
		return nil, err
	}
	p.judge()
	return p.plan, nil
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
