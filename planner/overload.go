package planner

import (
	"slices"
	"strings"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// findRoutine selects the overload that takes arguments with the given sorted names, or else the one that takes the
// payload as a whole.
func (p *planning) findRoutine(keys []string) (*cache.Routine, *apierr.Error) {
	overloads := p.snap.Routines(p.plan.Target)
	found, more := choose(overloads, func(r *cache.Routine) bool { return p.takes(r, keys) })
	if found == nil {
		found, more = choose(overloads, p.takesPayload)
	}
	switch {
	case found == nil:
		return nil, p.unknownRoutine(keys, overloads)
	case more != nil:
		return nil, ambiguousRoutine(append([]*cache.Routine{found}, more...))
	default:
		return found, nil
	}
}

// choose returns the first routine that fits, and the others that fit.
func choose(routines []*cache.Routine, fits func(*cache.Routine) bool) (first *cache.Routine, more []*cache.Routine) {
	for _, r := range routines {
		switch {
		case !fits(r):
		case first == nil:
			first = r
		default:
			more = append(more, r)
		}
	}
	return first, more
}

// takes reports whether routine can be called with arguments of exactly the given names: it has a parameter for each,
// and no other required one.
func (p *planning) takes(routine *cache.Routine, keys []string) bool {
	if len(routine.Params) == 0 {
		return len(keys) == 0 && !p.rawPayload()
	}
	if slices.Contains(keys, "") && (!takesWhole(routine) || p.directArguments()) {
		return false
	}
	given := 0
	for i := range routine.Params {
		param := &routine.Params[i]
		if _, ok := slices.BinarySearch(keys, param.Name); ok {
			given++
		} else if param.Required {
			return false
		}
	}
	return given == len(keys)
}

// takesWhole reports whether routine has a single unnamed parameter, which gets the whole payload.
func takesWhole(routine *cache.Routine) bool {
	return len(routine.Params) == 1 && routine.Params[0].Name == ""
}

// directArguments reports whether the values of arguments come from the URL or a form rather than from JSON.
func (p *planning) directArguments() bool {
	return p.req.Action != request.ActionCall || p.req.Payload == nil || p.req.Payload.Kind == request.PayloadForm
}

// takesPayload reports whether routine takes the payload as a whole: it has a single unnamed parameter of a type that
// matches the payload's media type.
func (p *planning) takesPayload(routine *cache.Routine) bool {
	if p.req.Action != request.ActionCall || !takesWhole(routine) {
		return false
	}
	typ := routine.Params[0].Type
	switch p.req.ContentType.Kind {
	case request.MediaJSON:
		return typ == "json" || typ == "jsonb"
	case request.MediaText, request.MediaXML, request.MediaOctetStream:
		return typ == p.rawType()
	default:
		return false
	}
}

// rawPayload reports whether the payload is a single value rather than named arguments.
func (p *planning) rawPayload() bool { return p.req.Action == request.ActionCall && p.rawType() != "" }

// rawType returns the type of a payload that is a single value, or "".
func (p *planning) rawType() string {
	switch p.req.ContentType.Kind {
	case request.MediaText:
		return "text"
	case request.MediaXML:
		return "xml"
	case request.MediaOctetStream:
		return "bytea"
	default:
		return ""
	}
}

// ambiguousRoutine returns the error for arguments that several overloads take.
func ambiguousRoutine(routines []*cache.Routine) *apierr.Error {
	signatures := make([]string, len(routines))
	for i, r := range routines {
		params := make([]string, len(r.Params))
		for j, param := range r.Params {
			params[j] = param.Name + " => " + param.Type
		}
		signatures[i] = r.Name.String() + "(" + strings.Join(params, ", ") + ")"
	}
	return apierr.AmbiguousRoutine(signatures)
}

// unknownRoutine returns the error for arguments that no overload takes. It describes what was searched for.
func (p *planning) unknownRoutine(keys []string, overloads []*cache.Routine) *apierr.Error {
	name, post := p.plan.Target.String(), p.req.Action == request.ActionCall
	signature, searched := " without parameters", " without parameters"
	if list := strings.Join(keys, ", "); len(keys) > 0 {
		signature = "(" + list + ")"
		searched = " with parameter " + list
		if len(keys) > 1 {
			searched = " with parameters " + list
		}
	}
	hint := ""
	switch {
	case p.rawPayload():
		signature, searched = "", " with a single unnamed "+p.rawType()+" parameter"
	default:
		hint = suggestRoutine(p.snap, p.plan.Target, keys, overloads)
		if post && p.req.ContentType.Kind == request.MediaJSON {
			searched += " or with a single unnamed json/jsonb parameter"
		}
	}
	err := apierr.UnknownRoutine(
		"Could not find the function "+name+signature+" in the schema cache",
		"Searched for the function "+name+searched+", but no matches were found in the schema cache.",
		hint,
	)
	if post && len(keys) > 0 {
		return p.adviseForm(err, keys[0])
	}
	return err
}

// adviseForm adds advice if the body was sent as a form but is JSON, which makes it a field with an odd name.
func (p *planning) adviseForm(err *apierr.Error, name string) *apierr.Error {
	if p.req.ContentType.Kind == request.MediaForm {
		return err.AdviseJSONForm(name)
	}
	return err
}
