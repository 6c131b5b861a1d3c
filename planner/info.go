package planner

import (
	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// root plans the API description: GET and HEAD on the root.
func (p *planning) root() *apierr.Error {
	p.plan.Read = nil
	p.plan.ReadOnly = true
	for i := range p.req.Accept {
		switch p.req.Accept[i].Kind {
		case request.MediaOpenAPI, request.MediaJSON, request.MediaAny:
			p.plan.Media = request.MediaType{Kind: request.MediaOpenAPI}
			return nil
		}
	}
	return unacceptable(p.req.Accept)
}

// infoRelation plans OPTIONS on a relation: what its kind, rules and triggers allow.
func (p *planning) infoRelation() *apierr.Error {
	p.plan.Read = nil
	if err := p.findTable(); err != nil {
		return err
	}
	t := p.plan.Table
	p.plan.Allow = "OPTIONS,GET,HEAD"
	if t.Insertable {
		p.plan.Allow += ",POST"
	}
	if t.Insertable && t.Updatable && len(t.PrimaryKey) > 0 {
		p.plan.Allow += ",PUT"
	}
	if t.Updatable {
		p.plan.Allow += ",PATCH"
	}
	if t.Deletable {
		p.plan.Allow += ",DELETE"
	}
	return nil
}

// infoRoutine plans OPTIONS on a routine. It is planned as a call without arguments, so that what such a call would
// be refused for is refused here too.
func (p *planning) infoRoutine() *apierr.Error {
	if err := p.call(); err != nil {
		return err
	}
	allow := "OPTIONS,GET,HEAD,POST"
	if p.plan.Call.Routine.Volatility == cache.Volatile {
		allow = "OPTIONS,POST"
	}
	*p.plan = Plan{Action: p.plan.Action, Target: p.plan.Target, Allow: allow}
	return nil
}
