package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// node is a value in a token's claims. Unlike encoding/json's values, it keeps the order of members and the text of
// values.
type node struct {
	// value is the value as encoding/json decodes it: map[string]any, []any, string, bool or nil. A number is a
	// float64, or a json.Number if it is out of range.
	value any
	// raw is the value's text in the token.
	raw []byte
	// names are the names of an object's members. children are the members' values or an array's elements, in the order
	// of the token.
	names    []string
	children []*node
}

// member returns the member with this name, or nil.
func (n *node) member(name string) *node {
	for i, have := range n.names {
		if have == name {
			return n.children[i]
		}
	}
	return nil
}

// element returns an element of an array, or nil. A negative index counts from the end.
func (n *node) element(index int) *node {
	if _, ok := n.value.([]any); !ok {
		return nil
	}
	if index < 0 {
		index += len(n.children)
	}
	if index < 0 || index >= len(n.children) {
		return nil
	}
	return n.children[index]
}

// holdsText reports whether the value is a string or an array with one.
func (n *node) holdsText() bool {
	if _, ok := n.value.([]any); ok {
		return slices.ContainsFunc(n.children, func(element *node) bool { return isText(element.value) })
	}
	return isText(n.value)
}

func isText(value any) bool {
	_, ok := value.(string)
	return ok
}

// maxTreeDepth is the maximum depth of objects and arrays that are read. Deeper values are not searched: the time for a
// filter with a descendant segment grows with the cube of the depth, and users may influence the content of their
// tokens.
const maxTreeDepth = 100

// treeReader builds nodes from JSON text.
type treeReader struct {
	text    []byte
	decoder *json.Decoder
	depth   int
}

// readTree reads one valid JSON value.
func readTree(text []byte) (*node, error) {
	r := &treeReader{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	return r.read()
}

func (r *treeReader) read() (*node, error) {
	start := r.decoder.InputOffset()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, fmt.Errorf("reading the claims: %w", err)
	}
	n := &node{}
	switch token := token.(type) {
	case json.Delim:
		if r.depth++; r.depth > maxTreeDepth {
			err = r.skipInside()
		} else {
			err = r.readInside(n, token)
		}
		r.depth--
	case json.Number:
		n.value = number(token)
	default:
		n.value = token
	}
	// Separators between values are part of neither.
	n.raw = bytes.TrimLeft(r.text[start:r.decoder.InputOffset()], " \t\r\n,:")
	return n, err
}

// readInside reads the content of an object or an array, and its end.
func (r *treeReader) readInside(n *node, opened json.Delim) error {
	members, elements := map[string]any{}, []any{}
	for r.decoder.More() {
		name := ""
		if opened == '{' {
			token, err := r.decoder.Token()
			if err != nil {
				return fmt.Errorf("reading the claims: %w", err)
			}
			name, _ = token.(string)
		}
		child, err := r.read()
		if err != nil {
			return err
		}
		if opened == '[' {
			n.children, elements = append(n.children, child), append(elements, child.value)
			continue
		}
		n.setMember(name, child, members)
	}
	n.value = elements
	if opened == '{' {
		n.value = members
	}
	_, err := r.decoder.Token()
	return err
}

// skipInside skips the rest of an object or an array.
func (r *treeReader) skipInside() error {
	for open := 1; open > 0; {
		token, err := r.decoder.Token()
		if err != nil {
			return fmt.Errorf("reading the claims: %w", err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
	return nil
}

// setMember adds a member. If names are repeated, the last value counts (RFC 7519, section 4), at the position of the
// first.
func (n *node) setMember(name string, child *node, members map[string]any) {
	if _, repeated := members[name]; repeated {
		for i := range n.names {
			if n.names[i] == name {
				n.children[i] = child
			}
		}
	} else {
		n.names, n.children = append(n.names, name), append(n.children, child)
	}
	members[name] = child.value
}

// number returns a number for comparison in filters. Numbers out of the range of a float64 are compared by their text.
func number(n json.Number) any {
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n
}
