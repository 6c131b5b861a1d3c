package planner

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// mutate plans POST, PATCH, PUT and DELETE on a relation.
func (p *planning) mutate() *apierr.Error {
	if err := p.findTable(); err != nil {
		return err
	}
	if err := p.readTree(p.plan.Target); err != nil {
		return err
	}
	if err := p.planMutation(); err != nil {
		return err
	}
	if err := p.checkPreferences(); err != nil {
		return err
	}
	if err := p.negotiate(p.plan.Target); err != nil {
		return err
	}
	p.judge()
	return nil
}

// planMutation plans the write itself.
func (p *planning) planMutation() *apierr.Error {
	table, pref := p.plan.Table, &p.req.Preferences
	m := &Mutation{
		Action: p.req.Action, Table: p.plan.Target, Payload: p.req.Payload, PrimaryKey: table.PrimaryKey,
	}
	m.avoidNames()
	p.plan.Mutation = m
	if pref.Return == request.ReturnRepresentation || pref.Return == request.ReturnHeadersOnly {
		m.Returning = neededColumns(p.plan.Read, table.PrimaryKey, true)
	}
	switch m.Action {
	case request.ActionInsert:
		m.Defaults = pref.Missing == request.MissingDefault
		if m.Location = pref.Return == request.ReturnHeadersOnly; m.Location {
			m.KeyForms = p.keyForms(table)
		}
		if m.Conflict = p.insertConflict(table); m.Conflict != nil && p.req.Query.OnConflictWhere != nil {
			if err := p.conflictPredicate(m.Conflict, table); err != nil {
				return err
			}
		}
		return p.payloadColumns(m, table)
	case request.ActionUpdate:
		m.Defaults = pref.Missing == request.MissingDefault && !m.Payload.IsPatch
	case request.ActionUpsert:
		if !p.filtersKey(table) {
			return apierr.InvalidPutFilters()
		}
		m.Conflict = &Conflict{Merge: true, Columns: table.PrimaryKey}
	}
	var err *apierr.Error
	if m.Where, err = p.mutationConditions(table); err != nil {
		return err
	}
	if p.o.SafeUpdate && len(m.Where) == 0 && !pref.MultipleObjects {
		return apierr.UnsafeWrite(m.Action == request.ActionDelete)
	}
	if m.Action == request.ActionDelete {
		return nil
	}
	if err := p.payloadColumns(m, table); err != nil || !pref.MultipleObjects {
		return err
	}
	return p.matchKey(m, table)
}

// avoidNames gives the relation an alias if it is called as other rows in the same statement are.
func (m *Mutation) avoidNames() {
	switch m.Table.Name {
	case "excluded", "pgrst_body", "pgrst_defaulted":
		m.Alias = "pgrst_target"
	}
}

// keyForms returns the functions of the representations of the primary key's columns. Filters understand what these
// return.
func (p *planning) keyForms(table *cache.Table) map[string]cache.QualifiedName {
	var forms map[string]cache.QualifiedName
	for _, name := range table.PrimaryKey {
		c := table.Column(name)
		if c == nil {
			continue
		}
		if f, ok := (scope{p.snap, table}).representation(c.NominalType, "json"); ok {
			if forms == nil {
				forms = make(map[string]cache.QualifiedName)
			}
			forms[name] = f
		}
	}
	return forms
}

// matchKey makes an update match rows by the primary key, which all objects of the payload must have. The key is not
// set.
func (p *planning) matchKey(m *Mutation, table *cache.Table) *apierr.Error {
	keys := m.Payload.Keys
	if len(table.PrimaryKey) == 0 {
		return apierr.InvalidBody("Rows of '" + table.Name.Name + "' cannot be matched: it has no primary key")
	}
	if len(keys) == 0 { // without objects, or without anything in them
		m.Columns = nil
		return nil
	}
	s := scope{p.snap, table}
	for _, name := range table.PrimaryKey {
		field, ok := s.value(name)
		if _, given := slices.BinarySearch(keys, name); !given || !ok {
			return apierr.InvalidBody("All objects must have the primary key of '" + table.Name.Name + "': '" + name + "' is missing")
		}
		if m.Payload.Texts {
			field.cast(table.Column(name))
		}
		field.Default = "" // it is given
		m.Key = append(m.Key, field)
	}
	m.Columns = slices.DeleteFunc(m.Columns, func(f Field) bool { return slices.Contains(table.PrimaryKey, f.Name) })
	return nil
}

// payloadColumns resolves the columns that the payload sets.
func (p *planning) payloadColumns(m *Mutation, table *cache.Table) *apierr.Error {
	s := scope{p.snap, table}
	m.Columns = make([]Field, len(p.req.Columns))
	for i, name := range p.req.Columns {
		field, ok := s.value(name)
		if !ok {
			return p.adviseForm(apierr.UnknownColumn(table.Name.Name, name), name)
		}
		if p.req.Payload.Texts {
			field.cast(table.Column(name))
		}
		field.Patch = patchOf(p.req.Payload.Patches, &field)
		m.Columns[i] = field
	}
	return nil
}

// patchOf returns the patch for a column with JSON, nil if its value is replaced.
func patchOf(patches []request.Patch, f *Field) *request.Patch {
	if f.BaseType != "json" && f.BaseType != "jsonb" || f.Transform.Name != "" {
		return nil
	}
	for i := range patches {
		if patches[i].Key == f.Name {
			return &patches[i]
		}
	}
	return nil
}

// insertConflict returns how an insert handles duplicates, or nil if the client did not request anything.
func (p *planning) insertConflict(table *cache.Table) *Conflict {
	if p.req.Preferences.Resolution == request.NoResolution {
		return nil
	}
	c := &Conflict{Merge: p.req.Preferences.Resolution == request.MergeDuplicates, Columns: table.PrimaryKey}
	if p.req.Query.OnConflict != nil {
		c.Columns = p.req.Query.OnConflict
	}
	return c
}

// conflictPredicate resolves the predicate of the partial index by which conflicts are found. PostgreSQL allows no
// other relations in it.
func (p *planning) conflictPredicate(c *Conflict, table *cache.Table) *apierr.Error {
	n := &ReadNode{From: table.Name, table: table}
	c.Where = make([]Condition, 1)
	if err := p.logic(&c.Where[0], p.req.Query.OnConflictWhere, n); err != nil {
		return err
	}
	if anyRelated(c.Where) {
		return apierr.NotImplemented("Related rows are not possible in on_conflict_where")
	}
	return nil
}

// filtersKey reports whether the request's filters select exactly one row: every column of the primary key, each with
// "eq", and nothing else.
func (p *planning) filtersKey(table *cache.Table) bool {
	q := &p.req.Query
	if len(table.PrimaryKey) == 0 || len(q.Logic) > 0 {
		return false
	}
	for i := range q.Filters {
		f := &q.Filters[i].Filter
		if f.Not || f.Op != request.OpEq || f.Quant != request.NoQuantifier {
			return false
		}
	}
	key := slices.Sorted(slices.Values(table.PrimaryKey))
	return slices.Equal(q.FilterKeys, slices.Compact(key))
}
