package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// object is a JSON object that keeps the order of its members, so that columns appear in the relation's order. Members
// with a nil value are omitted.
type object []member

type member struct {
	name  string
	value any
}

// appendJSON appends the object's JSON.
func (o object) appendJSON(dst []byte) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for _, m := range o {
		if m.value == nil {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var err error
		if dst, err = appendJSON(dst, m.name); err != nil {
			return nil, err
		}
		dst = append(dst, ':')
		if dst, err = appendJSON(dst, m.value); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// MarshalJSON returns what appendJSON appends.
func (o object) MarshalJSON() ([]byte, error) { return o.appendJSON(nil) }

// appendJSON appends a value's JSON. It does not escape <, > and &, because descriptions contain tags. Objects may
// occur in objects and in slices of objects, but not in other types.
func appendJSON(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case object:
		return v.appendJSON(dst)
	case []object:
		return appendObjects(dst, v)
	case string: // Fast path
		if !strings.ContainsFunc(v, isEscaped) {
			return append(append(append(dst, '"'), v...), '"'), nil
		}
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding an API description: %w", err)
	}
	return append(dst, bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))...), nil
}

// isEscaped reports whether a character may have to be escaped in JSON.
func isEscaped(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }

func appendObjects(dst []byte, objects []object) ([]byte, error) {
	if objects == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '[')
	for i, o := range objects {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = o.appendJSON(dst); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// text returns s, or nil to omit an empty string.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// list returns s, or nil to omit an empty slice.
func list[T any](s []T) any {
	if len(s) == 0 {
		return nil
	}
	return s
}

// members returns o, or nil to omit an object without members.
func members(o object) any {
	if len(o) == 0 {
		return nil
	}
	return o
}

func ref(to string) object { return object{{"$ref", to}} }
