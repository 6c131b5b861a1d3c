package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// RolePath selects the role in a token's claims, by a JSON Path (RFC 9535) or by the older dotted syntax.
type RolePath struct {
	text string
	// plain is the claim's name if the path is $.name.
	plain string
	path  jsonPath
	// dotted is set instead of path for the older syntax.
	dotted dottedPath
}

// ParseRolePath parses jwt-role-claim-key.
func ParseRolePath(text string) (*RolePath, error) {
	if !strings.HasPrefix(text, "$") {
		dotted, err := parseDotted(text)
		if err != nil {
			return nil, fmt.Errorf("failed to parse role-claim-key value (%s): %w", text, err)
		}
		return &RolePath{text: dotted.String(), dotted: dotted}, nil
	}
	path, err := parseJSONPath(text)
	if err != nil {
		return nil, fmt.Errorf("failed to parse role-claim-key value (%s): %w", text, err)
	}
	p := &RolePath{text: text, path: path}
	p.plain, _ = path.name()
	return p, nil
}

// CheckRolePath checks jwt-role-claim-key and returns it as it is dumped. If its syntax is deprecated, successor is the
// equivalent JSON Path, otherwise "".
func CheckRolePath(text string) (canonical, successor string, err error) {
	p, err := ParseRolePath(text)
	if err != nil {
		return "", "", err
	}
	if p.dotted != nil {
		successor = p.dotted.jsonPath()
	}
	return p.String(), successor, nil
}

// String returns the path as it was written. In the dotted syntax, keys are quoted and filters have single spaces.
func (p *RolePath) String() string { return p.text }

// foundRole is what a path selects in the claims.
type foundRole struct {
	// name is the role, or the compact JSON text of a value that is not a string.
	name string
	// present is set if the path selects a value, text if that value is a string.
	present, text bool
}

// find returns the first string that the path selects, or else the first value. claims holds the members of raw.
func (p *RolePath) find(raw []byte, claims map[string]json.RawMessage) foundRole {
	if p.plain != "" {
		value, ok := claims[p.plain]
		if !ok {
			return foundRole{}
		}
		return roleOf(value)
	}
	root, err := readTree(raw)
	if err != nil {
		return foundRole{}
	}
	nodes := p.nodes(root)
	if len(nodes) == 0 {
		return foundRole{}
	}
	for _, n := range nodes {
		if name, ok := n.value.(string); ok {
			return foundRole{name: name, present: true, text: true}
		}
	}
	return roleOf(nodes[0].raw)
}

func (p *RolePath) nodes(root *node) []*node {
	if p.dotted != nil {
		return appendNode(nil, p.dotted.find(root))
	}
	return p.path.find(root)
}

// roleOf returns the role that a valid JSON value names.
func roleOf(value json.RawMessage) foundRole {
	var name string
	if len(value) > 0 && value[0] == '"' && json.Unmarshal(value, &name) == nil {
		return foundRole{name: name, present: true, text: true}
	}
	var out bytes.Buffer
	if json.Compact(&out, value) != nil {
		return foundRole{}
	}
	return foundRole{name: out.String(), present: true}
}
