package auth

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"trunkline/planner/apierr"
)

// Identity is the database role and the claims of a request.
type Identity struct {
	Role string
	// Claims is the JSON object for request.jwt.claims: the token's claims including the role. It is shared and must
	// not be modified.
	Claims []byte
	// Anonymous is set if the role is the anonymous one, with or without a token.
	Anonymous bool
	// Selected are the values that Options.Selected find in the claims, without those that find nothing. It is shared
	// too, and nil without a token.
	Selected []Selected
}

// Selected is a value that a path finds in the claims. The value is not empty.
type Selected struct {
	// Path is the text of the path. The identity may have been made under another configuration than the one that the
	// request sees, so that a position in a list would not do.
	Path, Value string
}

// identify chooses the role and builds the claims for the database.
func (a *Authenticator) identify(raw []byte, claims map[string]json.RawMessage) (Identity, *apierr.Error) {
	found := a.options.Role.find(raw, claims)
	if !found.text {
		a.reportMissingRole(raw)
		if a.options.RoleRequired {
			return Identity{}, apierr.JWTClaims("The JWT has no role claim")
		}
	}
	role := found.name
	if !found.present {
		if !a.anonymous.Anonymous {
			return Identity{}, apierr.JWTRequired()
		}
		role = a.anonymous.Role
	} else if problem := a.checkRole(role); problem != nil {
		return Identity{}, problem
	}
	return Identity{
		Role: role, Claims: withRole(claims, role), Anonymous: role == a.anonymous.Role, Selected: a.selected(raw, claims),
	}, nil
}

// selected returns the values that the configuration wants to know beside the role.
func (a *Authenticator) selected(raw []byte, claims map[string]json.RawMessage) (all []Selected) {
	for _, path := range a.options.Selected {
		if found := path.find(raw, claims); found.name != "" && (found.text || found.name != "null") {
			all = append(all, Selected{path.String(), found.name})
		}
	}
	return all
}

// checkRole refuses the roles none and the login role, with which the request would run as the login role (PostgreSQL
// manual, SET ROLE). The error does not reveal which of them it is.
func (a *Authenticator) checkRole(role string) *apierr.Error {
	switch {
	case strings.ContainsRune(role, 0):
		return apierr.JWTClaims("The JWT role claim must not contain a NUL character")
	case role == "none" || role != "" && role == a.options.LoginRole:
		return apierr.JWTClaims("The JWT role claim names a reserved role")
	default:
		return nil
	}
}

// reportMissingRole reports a role that is at another place than the configured one.
func (a *Authenticator) reportMissingRole(raw []byte) {
	root, err := readTree(raw)
	if err != nil {
		return
	}
	if place, ok := placeOfRole(root, nil); ok {
		a.missingRole.Do(func() { a.options.OnMissingRole(a.options.Role, place.String()) })
	}
}

// withRole returns the claims, including the role, as a JSON object sorted by key.
func withRole(claims map[string]json.RawMessage, role string) []byte {
	all := make(map[string]json.RawMessage, len(claims)+1)
	maps.Copy(all, claims)
	all["role"] = quote(role)
	out := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(all)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, quote(name)...)
		out = append(out, ':')
		out = append(out, all[name]...)
	}
	return append(out, '}')
}

func quote(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("BUG: a string does not marshal: " + err.Error())
	}
	return text
}

// OfRole returns the identity of a role without other claims, as that of the anonymous one.
func OfRole(role string) Identity { return Identity{Role: role, Claims: withRole(nil, role)} }
