package request

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"trunkline/planner/apierr"
)

// mergePatch is the media type of a JSON merge patch (RFC 7396), which only updates accept.
const mergePatch = "application/merge-patch+json"

// AcceptPatch is the value of Accept-Patch (RFC 5789, section 3.1): the media types of updates.
const AcceptPatch = "application/json, " + mergePatch + ", text/csv, application/x-www-form-urlencoded"

// Patch is a member of a merge patch whose value is an object: it is merged with the object that is there.
type Patch struct {
	Key string
	// Removed are the keys that are null, Set those with other values, and Merged those with objects.
	Removed []string
	Set     []PatchValue
	Merged  []Patch
}

// PatchValue is a member whose value replaces what is there.
type PatchValue struct {
	Key   string
	Value []byte // JSON
}

// isMergePatch reports whether a media type is that of merge patches, whatever its parameters.
func isMergePatch(m *MediaType) bool {
	name, _, _ := strings.Cut(m.Name, ";")
	return m.Kind == MediaOther && strings.EqualFold(strings.TrimSpace(name), mergePatch)
}

// parseMergePatch sets payload and columns of an update whose body is a merge patch of each row: an object. Members
// that columns= does not name are ignored.
func (r *Request) parseMergePatch(body []byte, reserve Reserve) *apierr.Error {
	shape, ok := scanJSON(body, reserve)
	if shape.refusal != nil {
		return shape.refusal
	}
	switch {
	case !ok:
		return apierr.InvalidBody("Empty or invalid json")
	case !shape.object || r.Preferences.MultipleObjects:
		return apierr.InvalidBody("A merge patch must be an object")
	}
	p := patchParser{reserve: reserve, used: usage{limits: r.limits}}
	if err := p.object(&p.root, body, 0); err != nil {
		return err
	}
	r.Payload = &Payload{Raw: body, Object: true, IsPatch: true, Patches: p.root.Merged}
	r.Columns = shape.keys
	if r.hasNamed {
		r.Columns = slices.DeleteFunc(r.Columns, func(key string) bool { return !slices.Contains(r.named, key) })
	}
	return nil
}

// patchParser parses the objects of a merge patch, which must be valid JSON. The statement has an expression for each
// member of an object, so that the limits are those of columns and nesting.
type patchParser struct {
	root    Patch
	members int
	used    usage
	reserve Reserve
}

// object parses an object into dst. Of repeated keys the last one counts, as for jsonb.
func (p *patchParser) object(dst *Patch, text []byte, depth int) *apierr.Error {
	// There are no more members than colons.
	if err := p.reserve.ask(bytes.Count(text, []byte(":"))*keyMemory + len(text)); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return apierr.InvalidBody("Empty or invalid json")
	}
	p.members += len(members)
	if !p.used.within(p.members, p.used.limits.Columns, "members of a merge patch", "url-max-columns") ||
		!p.used.within(depth, p.used.limits.Depth, "nested objects of a merge patch", "url-max-depth") {
		return p.used.exceeded
	}
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	slices.Sort(keys) // so that equal patches make equal statements
	for _, key := range keys {
		if !validText(key) {
			return malformed("body")
		}
		if err := p.member(dst, key, members[key], depth); err != nil {
			return err
		}
	}
	return nil
}

func (p *patchParser) member(dst *Patch, key string, value []byte, depth int) *apierr.Error {
	switch value[0] {
	case '{':
		merged := Patch{Key: key}
		err := p.object(&merged, value, depth+1)
		dst.Merged = append(dst.Merged, merged)
		return err
	case 'n':
		dst.Removed = append(dst.Removed, key)
	default:
		dst.Set = append(dst.Set, PatchValue{key, value})
	}
	return nil
}
