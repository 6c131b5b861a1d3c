package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
	"trunkline/planner/request"
)

// Operation is one request of a batch.
type Operation struct {
	// ID identifies the operation in references; "" if it has none.
	ID string
	// Method, Path and Headers are those of the request. The path includes the query, in which placeholders stand for
	// references. Headers are sorted, and no one occurs twice.
	Method, Path string
	Headers      []Header
	// Body is the body: JSON text, or what the string in its place contains if Text is set. It is nil if there is none.
	Body []byte
	Text bool

	inBody, inPath []reference
	// values are those of the references in the path, by their placeholders, once they are resolved.
	values map[string]string
}

// Header is a header of an operation.
type Header struct{ Name, Value string }

// Batch is a parsed batch.
type Batch struct {
	Operations []Operation
	// mark begins each placeholder.
	mark string
}

// Parse parses a batch of at most most operations. Placeholders begin with mark, which must consist of letters and
// digits and be unknown to clients. If an operation is the reason for an error, its index is returned, otherwise -1.
func Parse(text []byte, most int, mark string) (b *Batch, at int, err *apierr.Error) {
	if !request.ValidJSON(text) && !json.Valid(text) { // a lone surrogate is reported with the operation that has it
		err := json.Unmarshal(text, new(json.RawMessage))
		return nil, -1, invalid("The batch is not an array of operations", fmt.Sprint(err))
	}
	if bytes.TrimLeft(text, " \t\r\n")[0] != '[' {
		return nil, -1, invalid("The batch is not an array of operations", nil)
	}
	b = &Batch{mark: mark, Operations: make([]Operation, 0, min(most, 1+len(text)/usualSize))}
	ids := make(map[string]int)
	for raw := range jsontext.Elements(text) {
		at := len(b.Operations)
		if at == most {
			return nil, -1, apierr.LimitExceeded("operations", most, "batch-max-operations")
		}
		b.Operations = append(b.Operations, Operation{})
		o := &b.Operations[at]
		if err := o.parse(raw, &b.Operations[max(at-1, 0)], ids, mark); err != nil {
			return nil, at, err
		}
		if o.ID != "" {
			ids[o.ID] = at
		}
	}
	if len(b.Operations) == 0 {
		return nil, -1, invalid("The batch is empty", nil)
	}
	return b, -1, nil
}

// usualSize is about how many bytes an operation takes in the text of a batch.
const usualSize = 100

// parse parses an operation. It shares strings with the previous one. ids are those of all before it.
func (o *Operation) parse(text []byte, previous *Operation, ids map[string]int, mark string) *apierr.Error {
	if text[0] != '{' {
		return invalid("The operation is not valid", "It is not an object.")
	}
	var body []byte
	for name, value := range jsontext.Members(text) {
		if string(value) == "null" {
			continue
		}
		var err error
		switch string(name) {
		case `"id"`:
			if o.ID, err = stringOf(value, ""); err == nil && (o.ID == "" || strings.Contains(o.ID, "}")) {
				return invalid("The id of the operation is not valid", "It must not be empty, or contain a brace.")
			}
		case `"method"`:
			o.Method, err = stringOf(value, previous.Method)
		case `"path"`:
			o.Path, err = stringOf(value, previous.Path)
		case `"headers"`:
			err = o.takeHeaders(value)
		case `"body"`:
			body = value
		default:
			err = errors.New("unknown field")
		}
		if err != nil {
			return invalid("The operation is not valid", string(name)+": "+err.Error())
		}
	}
	if _, taken := ids[o.ID]; taken {
		return invalid(fmt.Sprintf("The id %q is taken by an earlier operation", o.ID), nil)
	}
	if o.Method == "" || !strings.HasPrefix(o.Path, "/") {
		return invalid("The operation needs a method, and a path that begins with a slash", nil)
	}
	if err := o.takeBody(body, ids); err != nil {
		return err
	}
	return o.markPath(ids, mark)
}

// stringOf returns the string that a JSON text is: like, without an allocation, if it is equal.
func stringOf(text []byte, like string) (s string, err error) {
	if text[0] != '"' {
		return "", errors.New("not a string")
	}
	if string(text[1:len(text)-1]) == like && strings.IndexByte(like, '\\') < 0 { // Fast path
		return like, nil
	}
	return jsontext.Text(text), nil
}

// takeHeaders sets the headers.
func (o *Operation) takeHeaders(text []byte) error {
	if text[0] != '{' {
		return errors.New("not an object")
	}
	o.Headers = o.Headers[:0]
	for key, text := range jsontext.Members(text) {
		value, err := stringOf(text, "")
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		o.Headers = append(o.Headers, Header{jsontext.Text(key), value})
	}
	slices.SortFunc(o.Headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	for i := range o.Headers[:max(len(o.Headers)-1, 0)] {
		if o.Headers[i].Name == o.Headers[i+1].Name {
			return fmt.Errorf("%q occurs twice", o.Headers[i].Name)
		}
	}
	return nil
}

// takeBody sets the body.
func (o *Operation) takeBody(body []byte, ids map[string]int) (err *apierr.Error) {
	if len(body) == 0 {
		return nil
	}
	if body[0] == '"' && !o.takesJSON() {
		var decoded string
		if err := json.Unmarshal(body, &decoded); err != nil {
			return invalid("The body of the operation is not valid", err.Error())
		}
		o.Body, o.Text = []byte(decoded), true
		return nil
	}
	o.Body = body
	o.inBody, err = findInBody(body, ids)
	return err
}

// takesJSON reports whether the body is said to be JSON. A string is the text of another type otherwise.
func (o *Operation) takesJSON() bool {
	for _, h := range o.Headers {
		if strings.EqualFold(h.Name, "Content-Type") {
			return strings.Contains(strings.ToLower(h.Value), "json")
		}
	}
	return true
}

// invalid returns the error for a batch that cannot be understood.
func invalid(message string, details any) *apierr.Error {
	return &apierr.Error{Status: 400, Code: "TRUNK400", Message: message, Details: details}
}
