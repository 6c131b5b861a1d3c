package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ohler55/ojg/jp"
)

// RolePath finds the role in a token's claims: by a JSON Path (RFC 9535), or by the older dotted syntax.
type RolePath struct {
	text string
	// plain is the claim's name if the path is just $.name.
	plain string
	path  jp.Expr
	old   dottedPath
}

// ParseRolePath reads jwt-role-claim-key. The second result tells that the deprecated dotted syntax was used.
func ParseRolePath(text string) (*RolePath, bool, error) {
	if !strings.HasPrefix(text, "$") {
		old, err := parseDotted(text)
		if err != nil {
			return nil, false, fmt.Errorf("failed to parse role-claim-key value (%s): %w", text, err)
		}
		return &RolePath{text: text, old: old}, true, nil
	}
	path, err := jp.ParseString(text)
	if err != nil {
		return nil, false, fmt.Errorf("failed to parse role-claim-key value (%s): %w", text, err)
	}
	p := &RolePath{text: text, path: path}
	if len(path) == 2 {
		if name, ok := path[1].(jp.Child); ok {
			p.plain = string(name)
		}
	}
	return p, false, nil
}

// String returns the path as it was written.
func (p *RolePath) String() string { return p.text }

// find returns the role, and false if the claims hold none. A value that is no string is taken as its JSON text.
func (p *RolePath) find(raw []byte, claims map[string]json.RawMessage) (string, bool) {
	if p.plain != "" {
		value, ok := claims[p.plain]
		if !ok {
			return "", false
		}
		return roleText(value)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var document any
	if decoder.Decode(&document) != nil {
		return "", false
	}
	var found any
	if p.old != nil {
		value, ok := p.old.find(document)
		if !ok {
			return "", false
		}
		found = value
	} else {
		values := p.path.Get(document)
		if len(values) == 0 {
			return "", false
		}
		found = values[0]
	}
	text, err := json.Marshal(found)
	if err != nil {
		return "", false
	}
	return roleText(text)
}

func roleText(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) > 0 && raw[0] == '"' {
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
		return s, true
	}
	return string(bytes.TrimSpace(raw)), true
}
