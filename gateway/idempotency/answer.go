package idempotency

import (
	"bytes"
	"errors"
	"strconv"
)

// Answer is an answer as it is kept. Its slices alias what it was parsed from.
type Answer struct {
	Status  int
	Headers []Header
	Body    []byte
}

// Header is a header of an answer.
type Header struct{ Name, Value string }

// errForm is returned for what was not made by Append.
var errForm = errors.New("the kept answer cannot be read")

// Append appends the answer in the form in which it is kept: the lines of the status and of the headers, which contain no
// line breaks, an empty line, and the body.
func (a *Answer) Append(dst []byte) []byte {
	dst = append(strconv.AppendInt(dst, int64(a.Status), 10), '\n')
	for _, h := range a.Headers {
		dst = append(append(append(append(dst, h.Name...), ": "...), h.Value...), '\n')
	}
	return append(append(dst, '\n'), a.Body...)
}

// ParseAnswer parses what Append has made.
func ParseAnswer(text []byte) (a Answer, err error) {
	line, rest, ok := bytes.Cut(text, []byte("\n"))
	if a.Status, err = strconv.Atoi(string(line)); err != nil || !ok {
		return a, errForm
	}
	for {
		if line, rest, ok = bytes.Cut(rest, []byte("\n")); !ok {
			return a, errForm
		}
		if len(line) == 0 {
			a.Body = rest
			return a, nil
		}
		name, value, found := bytes.Cut(line, []byte(": "))
		if !found {
			return a, errForm
		}
		a.Headers = append(a.Headers, Header{string(name), string(value)})
	}
}
