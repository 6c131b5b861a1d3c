package batch

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// Answers are the bodies of the answers of a batch, decoded as far as references need them.
type Answers struct{ roots []*node }

// NewAnswers returns the answers of n operations, none of which is known.
func NewAnswers(n int) *Answers { return &Answers{make([]*node, n)} }

// Set sets the body of an answer, a JSON text or empty, which is retained.
func (a *Answers) Set(i int, body []byte) { a.roots[i] = &node{text: body} }

// node is a value whose elements are found when they are asked for.
type node struct {
	text   []byte
	known  bool
	array  []json.RawMessage
	object map[string]json.RawMessage
	below  map[string]*node
}

// get returns an element, or nil if there is none.
func (n *node) get(token string) *node {
	if below := n.below[token]; below != nil {
		return below
	}
	if !n.known {
		n.known = true
		if text := bytes.TrimSpace(n.text); len(text) > 0 && text[0] == '[' {
			_ = json.Unmarshal(text, &n.array) // an error leaves it without elements
		} else {
			_ = json.Unmarshal(text, &n.object)
		}
	}
	raw, ok := n.object[token]
	if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.array) && strconv.Itoa(i) == token {
		raw, ok = n.array[i], true
	}
	if !ok {
		return nil
	}
	if n.below == nil {
		n.below = make(map[string]*node)
	}
	n.below[token] = &node{text: raw}
	return n.below[token]
}

// find returns the JSON text that a reference stands for.
func (a *Answers) find(r *reference) ([]byte, *apierr.Error) {
	n := a.roots[r.to]
	if n == nil || len(bytes.TrimSpace(n.text)) == 0 {
		return nil, r.unresolved("The answer has no body: Prefer: return=representation makes it return what was written.")
	}
	for _, token := range r.path {
		if n = n.get(token); n == nil {
			return nil, r.unresolved("The answer has no '" + token + "' there.")
		}
	}
	return bytes.TrimSpace(n.text), nil
}

// ResolveBody returns the body of an operation with the values that its references stand for, and fails if it would have
// more than most bytes.
func (o *Operation) ResolveBody(a *Answers, most int) ([]byte, *apierr.Error) {
	if len(o.inBody) == 0 { // Fast path
		return o.Body, nil
	}
	var body []byte
	from := 0
	for i := range o.inBody {
		r := &o.inBody[i]
		value, err := a.find(r)
		if err != nil {
			return nil, err
		}
		body = append(append(body, o.Body[from:r.start]...), value...)
		if from = r.end; len(body)+len(o.Body)-from > most {
			return nil, apierr.BodyTooLarge(most)
		}
	}
	return append(body, o.Body[from:]...), nil
}

// ResolveQuery puts the values that the references in the path stand for in the place of their placeholders. Each must
// be the whole value of a filter, an element of its list, or an argument.
func (b *Batch) ResolveQuery(o *Operation, q *request.Query, a *Answers) *apierr.Error {
	if len(o.inPath) == 0 { // Fast path
		return nil
	}
	o.values = make(map[string]string, len(o.inPath))
	for i := range o.inPath {
		value, err := a.text(&o.inPath[i])
		if err != nil {
			return err
		}
		o.values[placeholder(b.mark, i)] = value
	}
	q.EachValue(func(value *string) {
		if v, ok := o.values[*value]; ok {
			*value = v
		}
	})
	return nil
}

// Restore returns a URL of the operation with the values of its references in the place of their placeholders.
func (o *Operation) Restore(in string) string {
	for mark, value := range o.values {
		in = strings.ReplaceAll(in, mark, url.QueryEscape(value))
	}
	return in
}

// CheckPlaces fails unless each reference in the path is a value that ResolveQuery can replace.
func (b *Batch) CheckPlaces(o *Operation, q *request.Query) *apierr.Error {
	if len(o.inPath) == 0 { // Fast path
		return nil
	}
	places := make(map[string]bool)
	q.EachValue(func(value *string) { places[*value] = true })
	for i := range o.inPath {
		if !places[placeholder(b.mark, i)] {
			return o.inPath[i].misplaced()
		}
	}
	return nil
}

// Explain returns the error of an operation whose path cannot be parsed. If it quotes the placeholder of a reference, the
// reference is in a place where there must be something else.
func (b *Batch) Explain(o *Operation, err *apierr.Error) *apierr.Error {
	for i := range o.inPath {
		if strings.Contains(err.Message, placeholder(b.mark, i)) {
			return o.inPath[i].misplaced()
		}
	}
	return err
}

// misplaced returns the error for a reference in a path that is not a value.
func (r *reference) misplaced() *apierr.Error {
	return invalid("The reference \""+r.text+"\" is not the value of a filter",
		"In a path, a reference must be the whole value of a filter, an element of its list, or an argument.")
}

// text returns the value of a reference as text.
func (a *Answers) text(r *reference) (string, *apierr.Error) {
	raw, err := a.find(r)
	if err != nil {
		return "", err
	}
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", r.unresolved("It is not valid JSON.")
		}
		return s, nil
	case '{', '[', 'n':
		return "", r.unresolved("A filter compares with a string, a number or a boolean.")
	default:
		return string(raw), nil
	}
}
