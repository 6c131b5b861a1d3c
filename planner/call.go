package planner

import (
	"slices"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// call plans GET, HEAD and POST on a routine.
func (p *planning) call() *apierr.Error {
	keys := p.argumentNames()
	routine, err := p.findRoutine(keys)
	if err != nil {
		return err
	}
	p.plan.ReadOnly = p.req.Action != request.ActionCall || routine.Volatility != cache.Volatile
	result := p.resultRelation(routine)
	if err := p.readTree(result); err != nil {
		return err
	}
	p.planCall(routine, keys)
	if err := p.negotiate(result); err != nil {
		return err
	}
	if err := p.checkPreferences(); err != nil {
		return err
	}
	pref := &p.req.Preferences
	if pref.HasMaxAffected && pref.Handling == request.HandlingStrict && routine.ReturnsSingle() {
		return apierr.MaxAffectedNeedsSet()
	}
	return nil
}

// resultRelation returns the relation whose rows a routine returns, so that they can be filtered and embed others like
// its rows. If a routine does not return rows of a relation, the routine's own name is used.
func (p *planning) resultRelation(routine *cache.Routine) cache.QualifiedName {
	result := routine.Name
	if name := routine.RelationName(); name != "" {
		result.Name = name
	}
	return result
}

// argumentNames returns the names of the arguments that the request gives, sorted.
func (p *planning) argumentNames() []string {
	if p.req.Action == request.ActionCall {
		return p.req.Columns
	}
	params := p.req.Query.Params
	if len(params) == 0 {
		return nil
	}
	names := make([]string, len(params))
	for i := range params {
		names[i] = params[i].Name
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// planCall determines which arguments routine gets and what is read of its result.
func (p *planning) planCall(routine *cache.Routine, keys []string) {
	c := &Call{
		Routine:      routine,
		Positional:   takesWhole(routine) && !p.directArguments(),
		Returning:    neededColumns(p.plan.Read, nil, false),
		FilterFields: filterColumns(p.plan.Read),
	}
	p.plan.Call = c
	if c.Positional {
		c.Payload = p.req.Payload
		return
	}
	for i := range routine.Params {
		if _, given := slices.BinarySearch(keys, routine.Params[i].Name); given {
			c.Args = append(c.Args, Arg{Param: routine.Params[i]})
		}
	}
	switch {
	case p.req.Action != request.ActionCall:
		c.setValues(p.req.Query.Params)
	case p.req.Payload != nil && p.req.Payload.Kind == request.PayloadForm:
		c.setValues(p.req.Payload.Form)
	case len(c.Args) > 0:
		c.Payload = p.req.Payload
	}
}

// Argument returns the column of a payload that holds the argument of a parameter.
func Argument(param *cache.Param, payload *request.Payload) Field {
	return Field{Name: param.Name, Type: param.CastType, Cell: payload.Texts && refusesEmpty(param.CastType)}
}

// setValues sets the values of the arguments. Of a repeated argument the last value counts, except that a variadic one
// gets all.
func (c *Call) setValues(values []request.Param) {
	for i := range c.Args {
		arg := &c.Args[i]
		for _, v := range values {
			switch {
			case v.Name != arg.Param.Name:
			case arg.Param.Variadic:
				arg.Values = append(arg.Values, v.Value)
			default:
				arg.Value = v.Value
			}
		}
	}
}
