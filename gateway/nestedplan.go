package gateway

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/nested"
	"trunkline/planner/request"
)

// planStep plans the statement of a step.
func (n *nestedRun) planStep(s *nestedStep) *apierr.Error {
	var plan *planner.Plan
	var err *apierr.Error
	switch s.Kind {
	case nested.Insert:
		plan, err = n.planInsert(s.Place)
	case nested.Find:
		_, key := s.Place.Keys()
		r := n.stepRequest(s.Place.Table.Name, request.ActionInsert, s.Place.Returned)
		plan, err = planner.NewReread(r, n.exchange.snapshot, &n.exchange.settings.planner, key)
	case nested.Attach:
		plan, err = n.planAttach(s.Place)
	case nested.Join:
		plan, err = n.planJoin(s.Place)
	default:
		plan, err = n.planRemoval(s)
	}
	if err == nil {
		s.exchange = n.stepExchange(s, plan)
	}
	return err
}

// stepRequest returns the request for a statement of a nested write, which returns some columns.
func (n *nestedRun) stepRequest(relation cache.QualifiedName, action request.Action, returned []string) *request.Request {
	of := n.exchange.request
	r := &request.Request{
		Method: of.Method, Action: action, Schema: relation.Schema, Resource: relation.Name, Role: of.Role, Range: request.AllRows,
		Payload: &request.Payload{}, ContentType: request.MediaType{Kind: request.MediaJSON},
	}
	returning(r, returned)
	return r
}

// returning makes a request return some columns as JSON, or nothing.
func returning(r *request.Request, columns []string) {
	r.Accept = []request.MediaType{{Kind: request.MediaJSON}}
	r.Query.Select = make([]request.SelectItem, len(columns))
	for i, c := range columns {
		r.Query.Select[i].Field.Name = c
	}
	r.Preferences.Return = request.ReturnRepresentation
	if len(columns) == 0 {
		r.Preferences.Return = request.ReturnMinimal
		r.Query.Select = []request.SelectItem{{Field: request.Field{Name: "*"}}}
	}
}

func (n *nestedRun) planOf(r *request.Request) (*planner.Plan, *apierr.Error) {
	return planner.New(r, n.exchange.snapshot, &n.exchange.settings.planner)
}

// planInsert plans the write of the rows of a place.
func (n *nestedRun) planInsert(p *nested.Place) (*planner.Plan, *apierr.Error) {
	if p.Kind == nested.Root {
		return n.planRoot(p)
	}
	r := n.stepRequest(p.Table.Name, request.ActionInsert, p.Returned)
	r.Columns = p.Columns()
	r.Preferences.Resolution, r.Preferences.Missing = p.Resolution, n.exchange.request.Preferences.Missing
	if p.HasConflict {
		r.Query.OnConflict = p.Conflict
	}
	plan, err := n.planOf(r)
	if err == nil {
		completeKeys(plan.Mutation, p)
	}
	return plan, err
}

// planRoot plans the write of the rows of the request's relation: what the request would do without the others.
func (n *nestedRun) planRoot(p *nested.Place) (*planner.Plan, *apierr.Error) {
	r := *n.exchange.request
	r.Range, r.Payload, r.Columns = request.AllRows, &request.Payload{}, p.Columns()
	q := &r.Query
	q.Order, q.Ranges = nil, nil
	q.Filters = slices.DeleteFunc(slices.Clone(q.Filters), func(f request.PathFilter) bool { return len(f.Path) > 0 })
	q.Logic = slices.DeleteFunc(slices.Clone(q.Logic), func(l request.PathLogic) bool { return len(l.Path) > 0 })
	q.OnConflict = nil
	if p.HasConflict {
		q.OnConflict = p.Conflict
	}
	returning(&r, p.Returned)
	if r.Action == request.ActionUpdate && len(r.Columns) == 0 {
		return planner.NewReread(&r, n.exchange.snapshot, &n.exchange.settings.planner, nil)
	}
	plan, err := n.planOf(&r)
	if err == nil && r.Action == request.ActionInsert {
		completeKeys(plan.Mutation, p)
	}
	return plan, err
}

// completeKeys gives rows that lack a part of their key its default. Nothing else gets defaults unless the client says so.
func completeKeys(m *planner.Mutation, p *nested.Place) {
	if m.Defaults {
		return
	}
	defaulted := p.Defaulted()
	for i := range m.Columns {
		if !slices.Contains(defaulted, m.Columns[i].Name) {
			m.Columns[i].Default = ""
		} else if m.Columns[i].Default != "" {
			m.Defaults = true
		}
	}
}

// planAttach plans the update that makes rows refer to those above.
func (n *nestedRun) planAttach(p *nested.Place) (*planner.Plan, *apierr.Error) {
	r := n.stepRequest(p.Table.Name, request.ActionUpdate, nil)
	r.Preferences.MultipleObjects = true
	r.Columns = p.AttachmentColumns()
	r.Payload.Keys = r.Columns
	return n.planOf(r)
}

// planJoin plans the insert of the rows of a junction.
func (n *nestedRun) planJoin(p *nested.Place) (*planner.Plan, *apierr.Error) {
	r := n.stepRequest(p.Relationship.Junction.Table, request.ActionInsert, nil)
	_, r.Columns = p.Removed()
	if p.Ignores() {
		r.Preferences.Resolution = request.IgnoreDuplicates
	}
	return n.planOf(r)
}

// planRemoval plans the delete of the rows that the payload lacks.
func (n *nestedRun) planRemoval(s *nestedStep) (*planner.Plan, *apierr.Error) {
	relation := s.Place.Table.Name
	if s.Kind == nested.Unjoin {
		relation = s.Place.Relationship.Junction.Table
	}
	of, except := s.Place.Removed()
	r := n.stepRequest(relation, request.ActionDelete, nil)
	plan, err := planner.NewRemoval(r, n.exchange.snapshot, &n.exchange.settings.planner, of, except)
	if err != nil {
		return nil, err
	}
	s.among = nil
	for i := range plan.Mutation.Where {
		s.among = append(s.among, plan.Mutation.Where[i].Among)
	}
	return plan, nil
}
