package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"trunkline/planner/apierr"
)

// reference is a place for which a value of an answer is substituted.
type reference struct {
	// to is the index of the operation whose answer it points into, at the path of tokens.
	to   int
	path []string
	// start and end are where it stands in the body.
	start, end int
	// text is the pointer as it is written.
	text string
}

// Needs returns the index of the last operation that the operation refers to, or -1.
func (o *Operation) Needs() int {
	last := -1
	for _, refs := range [...][]reference{o.inBody, o.inPath} {
		for i := range refs {
			last = max(last, refs[i].to)
		}
	}
	return last
}

// refKey is the key of a reference in a body. With an escaped character, it is data.
const refKey = `"$ref"`

// RefersTo reports whether an operation refers to the answer of the operation i.
func (b *Batch) RefersTo(i int) bool {
	to := func(r reference) bool { return r.to == i }
	for n := range b.Operations {
		o := &b.Operations[n]
		if slices.ContainsFunc(o.inBody, to) || slices.ContainsFunc(o.inPath, to) {
			return true
		}
	}
	return false
}

// findInBody finds the references in a body. An object with the only key $ref is one if its value is a JSON Pointer;
// other objects of that kind, such as those of JSON Schema, are data.
func findInBody(body []byte, ids map[string]int) (found []reference, problem *apierr.Error) {
	if !bytes.Contains(body, []byte(refKey)) { // Fast path
		return nil, nil
	}
	f := finder{text: body, ids: ids, decoder: json.NewDecoder(bytes.NewReader(body))}
	if err := f.value(); err != nil {
		return nil, invalid("The body of the operation is not valid", err.Error())
	}
	return f.found, f.problem
}

// finder walks through a JSON text.
type finder struct {
	text    []byte
	decoder *json.Decoder
	ids     map[string]int
	found   []reference
	problem *apierr.Error
}

// value reads a value.
func (f *finder) value() error {
	token, err := f.decoder.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('['):
		for f.decoder.More() {
			if err := f.value(); err != nil {
				return err
			}
		}
		_, err = f.decoder.Token()
	case json.Delim('{'):
		err = f.object(int(f.decoder.InputOffset()) - 1)
	}
	return err
}

// object reads an object that starts at an offset.
func (f *finder) object(start int) error {
	only, pointer := 0, ""
	for ; f.decoder.More(); only++ {
		if _, err := f.decoder.Token(); err != nil {
			return err
		}
		value := int(f.decoder.InputOffset())
		isRef := endsWithRefKey(f.text[:value])
		if err := f.value(); err != nil {
			return err
		}
		if raw := bytes.TrimLeft(f.text[value:f.decoder.InputOffset()], ": \t\r\n"); isRef && len(raw) > 0 && raw[0] == '"' {
			if err := json.Unmarshal(raw, &pointer); err != nil {
				return err
			}
		}
	}
	if _, err := f.decoder.Token(); err != nil {
		return err
	}
	if only == 1 && strings.HasPrefix(pointer, "/") && f.problem == nil {
		var r reference
		if r, f.problem = newReference(pointer, f.ids); f.problem == nil {
			r.start, r.end = start, int(f.decoder.InputOffset())
			f.found = append(f.found, r)
		}
	}
	return nil
}

// endsWithRefKey reports whether a text that ends with a key ends with that of a reference.
func endsWithRefKey(text []byte) bool {
	before, ok := bytes.CutSuffix(text, []byte(refKey))
	return ok && !bytes.HasSuffix(before, []byte(`\`)) // which would be part of a longer key
}

// The beginning of a reference in a path.
const inPath = "{$ref:"

// markPath puts placeholders in the place of the references in the query.
func (o *Operation) markPath(ids map[string]int, mark string) *apierr.Error {
	path, query, _ := strings.Cut(o.Path, "?")
	if strings.Contains(path, inPath) {
		return invalid("A reference in a path can only stand for the value of a filter", nil)
	}
	if !strings.Contains(query, inPath) { // Fast path
		return nil
	}
	var b strings.Builder
	b.WriteString(path + "?")
	for {
		before, rest, ok := strings.Cut(query, inPath)
		b.WriteString(before)
		if !ok {
			o.Path = b.String()
			return nil
		}
		pointer, rest, ok := strings.Cut(rest, "}")
		if !ok {
			return invalid("A reference in a path has no end", nil)
		}
		if unescaped, err := url.QueryUnescape(pointer); err == nil {
			pointer = unescaped
		}
		r, err := newReference(pointer, ids)
		if err != nil {
			return err
		}
		b.WriteString(placeholder(mark, len(o.inPath)))
		o.inPath = append(o.inPath, r)
		query = rest
	}
}

// placeholder returns what stands for a reference in a query.
func placeholder(mark string, i int) string { return mark + strconv.Itoa(i) + "e" }

// newReference parses a pointer.
func newReference(text string, ids map[string]int) (reference, *apierr.Error) {
	tokens := strings.Split(text, "/")
	for i, t := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	if len(tokens) < 2 || tokens[0] != "" {
		return reference{}, invalid(fmt.Sprintf("The reference %q is not a JSON Pointer", text), nil)
	}
	to, ok := ids[tokens[1]]
	if !ok {
		return reference{}, invalid(fmt.Sprintf("The reference %q points to no earlier operation", text),
			"Its first token is the id of an operation that precedes it in the batch.")
	}
	return reference{to: to, path: tokens[2:], text: text}, nil
}

// unresolved returns the error for a reference to what an answer does not have.
func (r *reference) unresolved(reason string) *apierr.Error {
	return invalid(fmt.Sprintf("The reference %q has no value", r.text), reason)
}
