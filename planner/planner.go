package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// New resolves req against snap. Errors are returned in PostgREST's order: the relation or routine, the paths of
// filters, orders, ranges and logic trees, the relationships of embeds, the rest of the read tree, the write, and last
// the media type and preferences.
//
// The plan refers to req, snap and their values. It is equal for equal arguments.
func New(req *request.Request, snap *cache.Snapshot, o *Options) (*Plan, *apierr.Error) {
	p := newPlanning(req, snap, o)
	var err *apierr.Error
	switch req.Action {
	case request.ActionRead:
		err = p.read()
	case request.ActionInsert, request.ActionUpdate, request.ActionUpsert, request.ActionDelete:
		err = p.mutate()
	case request.ActionCall, request.ActionCallRead:
		err = p.call()
	case request.ActionRoot:
		err = p.root()
	case request.ActionInfoRelation:
		err = p.infoRelation()
	case request.ActionInfoRoutine:
		err = p.infoRoutine()
	case request.ActionInfoRoot:
		p.plan.Allow = "OPTIONS,GET,HEAD"
	}
	if err != nil {
		return nil, err
	}
	return p.plan, nil
}

// planning is the state of planning one request.
type planning struct {
	req  *request.Request
	snap *cache.Snapshot
	o    *Options
	plan *Plan
	// aliases are the SQL names used in the statement.
	aliases []string
}

// newPlanning returns a plan with the fields that every action has. The plan, its root node and
// what it uses are one allocation.
func newPlanning(req *request.Request, snap *cache.Snapshot, o *Options) *planning {
	whole := &struct {
		planning
		plan Plan
		root ReadNode
		uses [2]cache.Use
	}{}
	p, plan := &whole.planning, &whole.plan
	p.req, p.snap, p.o, p.plan = req, snap, o, plan
	plan.Action = req.Action
	plan.Target = cache.QualifiedName{Schema: req.Schema, Name: req.Resource}
	plan.HeadersOnly = req.HeadersOnly
	plan.Count = req.Preferences.Count
	plan.Range = req.Range
	plan.MaxRows = o.MaxRows
	plan.Read, plan.Uses.Relations = &whole.root, whole.uses[:0]
	plan.Sees, plan.RoleBound = cache.AllSettings, true
	return p
}

// read plans GET and HEAD on a relation.
func (p *planning) read() *apierr.Error {
	if err := p.findTable(); err != nil {
		return err
	}
	p.plan.ReadOnly = true
	if err := p.readTree(p.plan.Target); err != nil {
		return err
	}
	if err := p.keyset(); err != nil {
		return err
	}
	if err := p.negotiate(p.plan.Target); err != nil {
		return err
	}
	p.judge()
	p.plan.Quick = p.plan.Pure && p.plan.Keyset == nil && p.quick()
	return p.checkPreferences()
}

// findTable looks up the plan's target among the relations.
func (p *planning) findTable() *apierr.Error {
	target := p.plan.Target
	if p.plan.Table = p.snap.Table(target); p.plan.Table == nil {
		return apierr.UnknownTable(target.Schema, target.Name, suggestTable(p.snap, target))
	}
	return nil
}

// checkPreferences refuses unknown preferences if the client requested strict handling.
func (p *planning) checkPreferences() *apierr.Error {
	pref := &p.req.Preferences
	if pref.Handling == request.HandlingStrict && len(pref.Invalid) > 0 {
		return apierr.InvalidPreferences(pref.Invalid).Advise(request.PreferenceAdvice(pref.Invalid[0]))
	}
	return nil
}
