package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"trunkline/planner/apierr"
)

// Operation is one request of a batch.
type Operation struct {
	// ID identifies the operation in references; "" if it has none.
	ID string
	// Method, Path and Headers are those of the request. The path includes the query, in which placeholders stand for
	// references. No header occurs twice.
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

// operation is an operation as it is written.
type operation struct {
	ID      *string           `json:"id"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// Batch is a parsed batch.
type Batch struct {
	Operations []Operation
	// mark begins each placeholder.
	mark string
}

// Parse parses a batch of at most most operations. Placeholders begin with mark, which must consist of letters and
// digits and be unknown to clients. If an operation is the reason for an error, its index is returned, otherwise -1.
func Parse(text []byte, most int, mark string) (b *Batch, at int, err *apierr.Error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, -1, invalid("The batch is not an array of operations", err.Error())
	}
	if len(raw) == 0 {
		return nil, -1, invalid("The batch is empty", nil)
	}
	if len(raw) > most {
		return nil, -1, apierr.LimitExceeded("operations", most, "batch-max-operations")
	}
	b = &Batch{Operations: make([]Operation, len(raw)), mark: mark}
	ids := make(map[string]int)
	for i := range raw {
		if err := b.Operations[i].parse(raw[i], ids, mark); err != nil {
			return nil, i, err
		}
		if id := b.Operations[i].ID; id != "" {
			ids[id] = i
		}
	}
	return b, -1, nil
}

// parse parses an operation. ids are those of the operations before it.
func (o *Operation) parse(text []byte, ids map[string]int, mark string) *apierr.Error {
	var in operation
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return invalid("The operation is not valid", err.Error())
	}
	switch {
	case in.ID != nil && (*in.ID == "" || strings.Contains(*in.ID, "}")):
		return invalid("The id of the operation is not valid", "It must not be empty, or contain a brace.")
	case in.ID != nil:
		if _, taken := ids[*in.ID]; taken {
			return invalid(fmt.Sprintf("The id %q is taken by an earlier operation", *in.ID), nil)
		}
		o.ID = *in.ID
	}
	if in.Method == "" || !strings.HasPrefix(in.Path, "/") {
		return invalid("The operation needs a method, and a path that begins with a slash", nil)
	}
	o.Method, o.Path = in.Method, in.Path
	for name, value := range in.Headers {
		o.Headers = append(o.Headers, Header{name, value})
	}
	if err := o.takeBody(in.Body, ids); err != nil {
		return err
	}
	return o.markPath(ids, mark)
}

// takeBody sets the body.
func (o *Operation) takeBody(body []byte, ids map[string]int) (err *apierr.Error) {
	if len(body) == 0 || string(body) == "null" {
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
