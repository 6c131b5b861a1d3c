package planner

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// openAPI31 is the media type of a description in OpenAPI 3.1, an extension: PostgREST supports only 2.0.
const openAPI31 = "application/vnd.oai.openapi+json"

// root plans the API description: GET and HEAD on the root.
func (p *planning) root() *apierr.Error {
	p.plan.Read = nil
	p.plan.ReadOnly = true
	for i := range p.req.Accept {
		accepted := &p.req.Accept[i]
		switch {
		case accepted.Kind == request.MediaOpenAPI, accepted.Kind == request.MediaJSON, accepted.Kind == request.MediaAny:
			p.plan.Media = request.MediaType{Kind: request.MediaOpenAPI}
			return nil
		case accepted.Kind == request.MediaOther && isOpenAPI31(accepted.Name):
			p.plan.Media = request.MediaType{Kind: request.MediaOther, Name: openAPI31 + ";version=3.1"}
			return nil
		}
	}
	return unacceptable(p.req.Accept)
}

// isOpenAPI31 reports whether a media type requests OpenAPI 3.1: any 3.1.x, or no version.
func isOpenAPI31(name string) bool {
	kind, parameter, _ := strings.Cut(strings.ToLower(name), ";")
	version, ok := strings.CutPrefix(strings.TrimSpace(parameter), "version=")
	return strings.TrimSpace(kind) == openAPI31 &&
		(parameter == "" || ok && strings.HasPrefix(strings.Trim(version, `"`), "3.1"))
}

// infoRelation plans OPTIONS on a relation: the methods that its kind, rules and triggers allow.
func (p *planning) infoRelation() *apierr.Error {
	p.plan.Read = nil
	if err := p.findTable(); err != nil {
		return err
	}
	t := p.plan.Table
	p.plan.Allow, p.plan.TakesQuery = "OPTIONS,GET,HEAD", true
	if t.Insertable {
		p.plan.Allow += ",POST"
	}
	if t.Insertable && t.Updatable && len(t.PrimaryKey) > 0 {
		p.plan.Allow += ",PUT"
	}
	if t.Updatable {
		p.plan.Allow += ",PATCH"
		p.plan.TakesPatch = true
	}
	if t.Deletable {
		p.plan.Allow += ",DELETE"
	}
	return nil
}

// infoRoutine plans OPTIONS on a routine as a call without arguments, so that it has the same errors.
func (p *planning) infoRoutine() *apierr.Error {
	if err := p.call(); err != nil {
		return err
	}
	allow, reads := "OPTIONS,GET,HEAD,POST", true
	if p.plan.Call.Routine.Volatility == cache.Volatile {
		allow, reads = "OPTIONS,POST", false
	}
	*p.plan = Plan{Action: p.plan.Action, Target: p.plan.Target, Allow: allow, TakesQuery: reads}
	return nil
}
