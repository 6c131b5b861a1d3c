package request

import (
	"slices"
	"strings"

	"trunkline/planner/apierr"
)

// Action is what a request does with its resource.
type Action uint8

// The actions.
const (
	ActionRead         Action = iota // GET, HEAD or QUERY on a relation
	ActionInsert                     // POST
	ActionUpdate                     // PATCH
	ActionUpsert                     // PUT
	ActionDelete                     // DELETE
	ActionCall                       // POST on a routine
	ActionCallRead                   // GET, HEAD or QUERY on a routine
	ActionRoot                       // GET or HEAD on the root: the API description
	ActionInfoRelation               // OPTIONS
	ActionInfoRoutine                // OPTIONS
	ActionInfoRoot                   // OPTIONS
)

// Mutates reports whether the action writes to a relation.
func (a Action) Mutates() bool { return a >= ActionInsert && a <= ActionDelete }

// Calls reports whether the action calls a routine.
func (a Action) Calls() bool { return a == ActionCall || a == ActionCallRead }

// resourceKind is the kind of what a path names.
type resourceKind uint8

const (
	rootResource resourceKind = iota
	relationResource
	routineResource
)

// resource is what a path names.
type resource struct {
	kind resourceKind
	name string
}

// parsePath reads "/", "/relation" or "/rpc/routine", percent-encoded.
func parsePath(path string, o *Options) (resource, *apierr.Error) {
	if !validText(unescapeURL(path, false)) {
		return resource{}, malformed("path")
	}
	path = strings.TrimPrefix(path, "/")
	first, rest, deeper := strings.Cut(path, "/")
	name, kind := first, relationResource
	switch {
	case path == "":
		return rootOf(o)
	case deeper && (unescapeURL(first, false) != "rpc" || strings.Contains(rest, "/")):
		return resource{}, apierr.InvalidPath()
	case deeper:
		name, kind = rest, routineResource
	}
	return resource{kind, unescapeURL(name, false)}, nil
}

// rootOf returns what the root stands for: the API description, or the routine that generates it.
func rootOf(o *Options) (resource, *apierr.Error) {
	switch {
	case o.OpenAPIDisabled:
		return resource{}, apierr.OpenAPIDisabled()
	case o.RootRoutine != "":
		return resource{routineResource, o.RootRoutine}, nil
	default:
		return resource{}, nil
	}
}

// actionOf returns the action of method on r.
func actionOf(r resource, method string) (Action, *apierr.Error) {
	action, ok := Action(0), false
	switch r.kind {
	case routineResource:
		if action, ok = routineAction(method); !ok {
			return 0, apierr.RPCMethodNotAllowed(method)
		}
	case relationResource:
		action, ok = relationAction(method)
	case rootResource:
		action, ok = rootAction(method)
	}
	if !ok {
		return 0, apierr.MethodNotAllowed(method)
	}
	return action, nil
}

func routineAction(method string) (Action, bool) {
	switch method {
	case "GET", "HEAD", MethodQuery:
		return ActionCallRead, true
	case "POST":
		return ActionCall, true
	case "OPTIONS":
		return ActionInfoRoutine, true
	default:
		return 0, false
	}
}

func relationAction(method string) (Action, bool) {
	switch method {
	case "GET", "HEAD", MethodQuery:
		return ActionRead, true
	case "POST":
		return ActionInsert, true
	case "PUT":
		return ActionUpsert, true
	case "PATCH":
		return ActionUpdate, true
	case "DELETE":
		return ActionDelete, true
	case "OPTIONS":
		return ActionInfoRelation, true
	default:
		return 0, false
	}
}

func rootAction(method string) (Action, bool) {
	switch method {
	case "GET", "HEAD":
		return ActionRoot, true
	case "OPTIONS":
		return ActionInfoRoot, true
	default:
		return 0, false
	}
}

// schemaOf selects the schema by profile: Content-Profile for methods with a body, otherwise Accept-Profile (W3C,
// Content Negotiation by Profile). Without a profile it is the first schema, which counts as negotiated if there are
// several.
func schemaOf(in *Input, o *Options) (schema string, negotiated bool, err *apierr.Error) {
	profile := in.AcceptProfile
	switch in.Method {
	case "POST", "PUT", "PATCH", "DELETE":
		profile = in.ContentProfile
	}
	switch {
	case !profile.Present:
		return o.Schemas[0], len(o.Schemas) != 1, nil
	case !slices.Contains(o.Schemas, profile.Value):
		return "", false, apierr.UnacceptableSchema(profile.Value, o.Schemas)
	default:
		return profile.Value, true, nil
	}
}
