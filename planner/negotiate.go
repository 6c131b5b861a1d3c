package planner

import (
	"strings"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// negotiate selects the media type of the answer: the first acceptable one in which the rows of target, a relation or
// routine, can be written.
func (p *planning) negotiate(target cache.QualifiedName) *apierr.Error {
	for i := range p.req.Accept {
		if p.offer(target, &p.req.Accept[i]) {
			if !p.hasBody() {
				p.plan.Body = Body{}
			}
			return nil
		}
	}
	return unacceptable(p.req.Accept)
}

// hasBody reports whether the answer contains rows. HEAD and writes that return nothing do not.
func (p *planning) hasBody() bool {
	if p.req.Action.Mutates() {
		return p.req.Preferences.Return == request.ReturnRepresentation
	}
	return !p.req.HeadersOnly
}

// offer sets the plan's media type and body to a requested media type. It returns false if that is not available.
func (p *planning) offer(target cache.QualifiedName, asked *request.MediaType) bool {
	if asked.Describes() && !p.o.Plans {
		return false
	}
	media, body, ok := p.represent(target, described(asked))
	if asked.Describes() {
		media = *asked
	}
	if ok {
		p.plan.Media, p.plan.Body = media, body
		p.plan.Uncounted = body.Kind == BodyLines && !p.countsFirst()
	}
	return ok
}

// described returns the type of the answer that a media type describes, or the media type itself.
func described(m *request.MediaType) *request.MediaType {
	if m.Kind == request.MediaSQL {
		m = &m.SQL.For
	}
	if m.Kind == request.MediaPlan {
		m = &m.Plan.For
	}
	return m
}

// countsFirst reports whether the number of rows must be known before the first one is sent. A write must be checked,
// and its headers depend on the number; it is not sent before its commit anyway. A function must not be called, and
// groups must not be computed, a second time to count them. A single value counts as one row.
func (p *planning) countsFirst() bool {
	pref := &p.req.Preferences
	counts := pref.Count == request.CountExact || pref.Count == request.CountEstimated
	call := p.plan.Call
	switch {
	case !p.plan.ReadOnly:
		return true
	case call == nil:
		return counts && anyAggregate(p.plan.Read) || p.plan.Keyset != nil && p.plan.Keyset.Paged
	default:
		return counts || call.Routine.ReturnsSingle() ||
			pref.HasMaxAffected && pref.Handling == request.HandlingStrict
	}
}

// represent returns how target's rows are written in a media type, and the media type of the answer. The database's
// handlers take precedence over built-in ones, and handlers for the target, which require its whole rows, over those
// for any rows. Media types with parameters cannot be overridden.
func (p *planning) represent(target cache.QualifiedName, m *request.MediaType) (request.MediaType, Body, bool) {
	switch m.Kind {
	case request.MediaObject:
		return *m, Body{Kind: BodyObject, StripNulls: m.NullsStripped}, true
	case request.MediaArrayStripped:
		return *m, Body{Kind: BodyJSON, StripNulls: true}, true
	case request.MediaNDJSON:
		if m.NullsStripped {
			return *m, Body{Kind: BodyLines, StripNulls: true}, true
		}
	case request.MediaPlan, request.MediaSQL: // of themselves
		return *m, Body{}, false
	}
	if h, ok := p.handler(target, m); ok {
		return request.ParseMediaType(h.MediaType), Body{Kind: BodyCustom, Handler: h}, true
	}
	switch m.Kind {
	case request.MediaAny, request.MediaJSON:
		return request.MediaType{Kind: request.MediaJSON}, Body{Kind: BodyJSON}, true
	case request.MediaCSV:
		return *m, Body{Kind: BodyCSV}, true
	case request.MediaNDJSON:
		return *m, Body{Kind: BodyLines}, true
	case request.MediaGeoJSON:
		return *m, Body{Kind: BodyGeoJSON}, true
	default:
		return *m, Body{}, false
	}
}

// handler returns the database's handler for a media type.
func (p *planning) handler(target cache.QualifiedName, m *request.MediaType) (cache.MediaHandler, bool) {
	name := handlerKey(m)
	if wholeRows(p.plan.Read) {
		if h, ok := p.snap.Handler(target, "*/*"); ok {
			return h, true
		}
		if h, ok := p.snap.Handler(target, name); ok {
			return h, true
		}
	}
	return p.snap.Handler(cache.QualifiedName{}, name)
}

// handlerKey returns the key of the handlers for a media type.
func handlerKey(m *request.MediaType) string {
	if m.Kind == request.MediaOther {
		return strings.ToLower(m.Name)
	}
	name, _, _ := strings.Cut(m.ContentType(), ";")
	return name
}

// wholeRows reports whether root returns its relation's rows unchanged.
func wholeRows(root *ReadNode) bool {
	return len(root.Children) == 0 && len(root.Select) == 1 && root.Select[0].isStar()
}

// unacceptable returns the error for a request that accepts no available media type.
func unacceptable(accept []request.MediaType) *apierr.Error {
	names := make([]string, len(accept))
	for i := range accept {
		names[i] = accept[i].String()
	}
	return apierr.UnacceptableMediaTypes(names)
}
