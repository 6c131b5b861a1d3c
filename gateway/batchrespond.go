package gateway

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-json"
	"github.com/valyala/fasthttp"

	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// respond writes the answer of a batch that has been committed, or rolled back as it was asked for.
func (b *batchRun) respond() *apierr.Error {
	if err := b.answer(len(b.operations)); err != nil {
		return err
	}
	x := b.exchange
	body := append(x.answer.takeBuffer(), '[')
	for i := range b.operations {
		if i > 0 {
			body = append(body, ",\n "...)
		}
		body = b.operations[i].appendTo(body)
	}
	body = append(body, ']')
	x.answer.setStatus(http.StatusOK)
	x.answer.set("Content-Type", "application/json; charset=utf-8")
	x.setPreferences(x.request.Preferences)
	b.applyIsolation()
	x.answer.setBody(body)
	x.respondUsual()
	return nil
}

// applyIsolation adds the isolation level to the preferences that were applied, if the client has asked for it.
func (b *batchRun) applyIsolation() {
	if b.isolation == "" {
		return
	}
	const name = "Preference-Applied"
	header := &b.exchange.answer.response.Header
	applied := "isolation=" + b.isolation
	if others := header.Peek(name); len(others) > 0 {
		applied = string(others) + ", " + applied
	}
	header.Set(name, applied)
}

// appendTo appends the answer of an operation as JSON.
func (o *operation) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	if o.ID != "" {
		dst = append(appendJSONText(append(dst, `"id":`...), o.ID), ',')
	}
	dst = append(append(dst, o.head...), `,"body":`...)
	body, isText := o.body, true
	switch {
	case len(body) == 0:
		body = []byte("null")
	case !o.isJSON:
		body, isText = quoteBody(body)
	}
	dst = append(dst, body...)
	if !isText {
		dst = append(dst, `,"encoding":"base64"`...)
	}
	return append(dst, '}')
}

// appendHead appends the status and the headers of an answer as members of an object.
func appendHead(dst []byte, r *fasthttp.Response) []byte {
	dst = strconv.AppendInt(append(dst, `"status":`...), int64(r.StatusCode()), 10)
	return appendHeaderObject(append(dst, `,"headers":`...), &r.Header)
}

// isJSON reports whether a body is one JSON text. What the type says does not suffice: what a function answers as JSON may
// be anything. JSON lines are text, even if there is only one: clients must not find another type for another number of
// rows.
func isJSON(r *fasthttp.Response) bool {
	name, _, _ := strings.Cut(string(r.Header.ContentType()), ";")
	name = strings.ToLower(strings.TrimSpace(name))
	return (strings.HasSuffix(name, "/json") || strings.HasSuffix(name, "+json")) && json.Valid(r.Body())
}

// quoteBody returns a body that is not JSON as a JSON string, in base64 if it is not text.
func quoteBody(body []byte) (quoted []byte, isText bool) {
	if utf8.Valid(body) {
		return jsontext.AppendString(nil, body), true
	}
	return append(base64.StdEncoding.AppendEncode([]byte{'"'}, body), '"'), false
}

// appendHeaderObject appends headers as an object. Repeated ones are joined by commas (RFC 9110, section 5.3), apart from
// Set-Cookie, for which that is not allowed: several of these are an array.
func appendHeaderObject(dst []byte, h *fasthttp.ResponseHeader) []byte {
	var names []string
	values := make(map[string][]string)
	for k, v := range h.All() {
		name := string(k)
		switch strings.ToLower(name) {
		case "content-length", "date", "server", "connection":
			continue
		}
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], string(v))
	}
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONText(dst, name), ':')
		if all := values[name]; len(all) > 1 && strings.EqualFold(name, fasthttp.HeaderSetCookie) {
			dst = appendTexts(dst, all)
		} else {
			dst = appendJSONText(dst, strings.Join(all, ", "))
		}
	}
	return append(dst, '}')
}

// appendTexts appends texts as an array.
func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONText(dst, text)
	}
	return append(dst, ']')
}

// nameOperation adds the index of the operation that failed to the answer, which is an error.
func (x *exchange) nameOperation() {
	index := strconv.Itoa(x.failed - 1)
	response := x.answer.response
	response.Header.Set("Trunkline-Operation", index)
	body := response.Body()
	response.SetBodyRaw(append(append(body[:len(body)-1:len(body)-1], `,"operation":`...), index+"}"...))
}
