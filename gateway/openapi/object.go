package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// object is a JSON object whose members keep their order, so that columns appear as the relation has them. A nil
// value leaves the member out.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for _, m := range o {
		if m.value == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendJSON(out, m.name); err != nil {
			return nil, err
		}
		out = append(out, ':')
		if out, err = appendJSON(out, m.value); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

// appendJSON appends a value's JSON, with <, > and & as they are: descriptions hold tags.
func appendJSON(dst []byte, v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding an API description: %w", err)
	}
	return append(dst, bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))...), nil
}

// text is s, or nil to leave an empty one out.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// list is s, or nil to leave an empty one out.
func list[T any](s []T) any {
	if len(s) == 0 {
		return nil
	}
	return s
}

func ref(to string) object { return object{{"$ref", to}} }
