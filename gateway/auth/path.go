package auth

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/registry"
	"github.com/theory/jsonpath/spec"
)

// jsonPath is a JSON Path (RFC 9535). The library parses it and evaluates its filters. The nodes are visited here, in
// the order of the token, because the library iterates over Go maps in random order.
type jsonPath struct {
	segments []*spec.Segment
}

func parseJSONPath(text string) (jsonPath, error) {
	path, err := jsonpath.NewParser(jsonpath.WithRegistry(pathFunctions())).Parse(text)
	if err != nil {
		return jsonPath{}, err
	}
	return jsonPath{path.Query().Segments()}, nil
}

// pathFunctions returns the functions of filters. It replaces the library's match and search (v0.12.3), which panic if
// the pattern selects nothing; its match also treats a|b as "begins with a or ends with b".
func pathFunctions() *registry.Registry {
	functions := registry.New()
	search := *functions.Get("search")
	replace := func(name string, pattern func(string) string) {
		*functions.Get(name) = *spec.Extension(name, spec.FuncLogical, search.Validate,
			func(args []spec.PathValue) spec.PathValue {
				text, matched := stringOf(args[0])
				expression, given := stringOf(args[1])
				if !matched || !given {
					return spec.LogicalFalse
				}
				if _, err := syntax.Parse(expression, syntax.Perl); err != nil {
					return spec.LogicalFalse // regardless of the enclosing expression
				}
				return search.Evaluate([]spec.PathValue{spec.Value(text), spec.Value(pattern(expression))})
			})
	}
	replace("search", func(s string) string { return s })
	replace("match", func(s string) string { return `\A(?:` + s + `)\z` })
	return functions
}

// stringOf returns the argument of a function if it is a string.
func stringOf(arg spec.PathValue) (string, bool) {
	value := spec.ValueFrom(arg)
	if value == nil {
		return "", false
	}
	s, ok := value.Value().(string)
	return s, ok
}

// name returns the member's name if the path is $.name.
func (p jsonPath) name() (string, bool) {
	if len(p.segments) != 1 || p.segments[0].IsDescendant() || len(p.segments[0].Selectors()) != 1 {
		return "", false
	}
	name, ok := p.segments[0].Selectors()[0].(spec.Name)
	return string(name), ok
}

// find returns the nodes that the path selects, in the order of RFC 9535, section 2.1.2. Members of an object are in
// the order of the token.
func (p jsonPath) find(root *node) []*node {
	found := []*node{root}
	for _, segment := range p.segments {
		var next []*node
		for _, n := range found {
			next = appendSegment(next, segment, n, root)
		}
		found = next
	}
	return found
}

// appendSegment appends what a segment selects from n and, if it is a descendant segment, from all descendants of n.
func appendSegment(found []*node, segment *spec.Segment, n, root *node) []*node {
	for _, selector := range segment.Selectors() {
		found = appendSelected(found, selector, n, root)
	}
	if segment.IsDescendant() {
		for _, child := range n.children {
			found = appendSegment(found, segment, child, root)
		}
	}
	return found
}

// appendSelected appends the children of n that a selector selects.
func appendSelected(found []*node, selector spec.Selector, n, root *node) []*node {
	switch selector := selector.(type) {
	case spec.Name:
		return appendNode(found, n.member(string(selector)))
	case spec.Index:
		return appendNode(found, n.element(int(selector)))
	case spec.WildcardSelector:
		return append(found, n.children...)
	case spec.SliceSelector:
		return appendSlice(found, selector, n)
	case *spec.FilterSelector:
		for _, child := range n.children {
			if selector.Eval(child.value, root.value) {
				found = append(found, child)
			}
		}
		return found
	default:
		panic(fmt.Sprintf("BUG: a selector of JSON Path is a %T", selector))
	}
}

func appendNode(found []*node, n *node) []*node {
	if n == nil {
		return found
	}
	return append(found, n)
}

// appendSlice appends the elements of an array slice (RFC 9535, section 2.3.4.2.2).
func appendSlice(found []*node, slice spec.SliceSelector, n *node) []*node {
	if _, ok := n.value.([]any); !ok {
		return found
	}
	lower, upper := slice.Bounds(len(n.children))
	switch step := slice.Step(); {
	case step > 0:
		for i := lower; i < upper; i += step {
			found = append(found, n.children[i])
		}
	case step < 0:
		for i := upper; i > lower; i += step {
			found = append(found, n.children[i])
		}
	}
	return found
}

// placeOfRole searches for the first member that appears to be a role or a list of roles, judging by its name and
// value, and returns its path. place is the path of n.
func placeOfRole(n *node, place spec.NormalizedPath) (spec.NormalizedPath, bool) {
	for i, child := range n.children {
		here := append(slices.Clip(place), spec.NormalSelector(spec.Index(i)))
		if len(n.names) > 0 {
			here[len(here)-1] = spec.Name(n.names[i])
			name := strings.ToLower(n.names[i])
			if (strings.HasSuffix(name, "role") || strings.HasSuffix(name, "roles")) && child.holdsText() {
				return here, true
			}
		}
		if found, ok := placeOfRole(child, here); ok {
			return found, true
		}
	}
	return nil, false
}
