package request

import (
	"bytes"
	"maps"
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
	p, root := patchParser{jsonScanner: jsonScanner{data: body}, used: usage{limits: r.limits}, reserve: reserve}, Patch{}
	p.blanks()
	if err := p.object(&root, 0); err != nil {
		return err
	}
	r.Payload = &Payload{Raw: body, Object: true, IsPatch: true, Patches: root.Merged}
	r.Columns = shape.keys
	if r.hasNamed {
		r.Columns = slices.DeleteFunc(r.Columns, func(key string) bool { return !slices.Contains(r.named, key) })
	}
	return nil
}

// patchParser parses the objects of a merge patch, which must be valid JSON, in one pass over it. The statement has an
// expression for each member of an object, so that the limits are those of columns and nesting.
type patchParser struct {
	jsonScanner
	members int
	used    usage
	reserve Reserve
}

// patchMember is a member of an object that is being parsed. merged is set if its value is an object.
type patchMember struct {
	value  []byte
	merged *Patch
}

// object parses the object that comes next into dst. Of repeated keys the last one counts, as for jsonb.
func (p *patchParser) object(dst *Patch, depth int) *apierr.Error {
	if !p.used.within(depth, p.used.limits.Depth, "nested objects of a merge patch", "url-max-depth") {
		return p.used.exceeded
	}
	members := make(map[string]patchMember)
	for p.pos++; ; p.pos++ { // behind the brace or a comma
		p.blanks()
		if p.peek() == '}' {
			p.pos++
			break
		}
		key, err := p.member()
		if err != nil {
			return err
		}
		if members[key], err = p.memberValue(key, depth); err != nil {
			return err
		}
		if p.blanks(); p.peek() != ',' {
			p.pos++
			break
		}
	}
	for _, key := range slices.Sorted(maps.Keys(members)) { // so that equal patches make equal statements
		dst.add(key, members[key])
	}
	return nil
}

// member reads a key and the colon behind it. Repeated keys count as members.
func (p *patchParser) member() (string, *apierr.Error) {
	p.members++
	if !p.used.within(p.members, p.used.limits.Columns, "members of a merge patch", "url-max-columns") {
		return "", p.used.exceeded
	}
	start := p.pos
	p.str()
	raw := p.data[start+1 : p.pos-1]
	p.blanks()
	p.pos++
	if err := p.reserve.ask(keyMemory + 2*len(raw)); err != nil {
		return "", err
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		raw = unescapeJSON(raw)
	}
	if !isText(raw) {
		return "", malformed("body")
	}
	return string(raw), nil
}

// memberValue reads the value of a member. An object is parsed, everything else is left as it is.
func (p *patchParser) memberValue(key string, depth int) (patchMember, *apierr.Error) {
	p.blanks()
	if p.peek() == '{' {
		m := patchMember{merged: &Patch{Key: key}}
		return m, p.object(m.merged, depth+1)
	}
	start := p.pos
	p.value()
	return patchMember{value: p.data[start:p.pos:p.pos]}, nil
}

// add adds a member to the object.
func (p *Patch) add(key string, m patchMember) {
	switch {
	case m.merged != nil:
		p.Merged = append(p.Merged, *m.merged)
	case m.value[0] == 'n':
		p.Removed = append(p.Removed, key)
	default:
		p.Set = append(p.Set, PatchValue{key, m.value})
	}
}
