package gateway

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-json"
	"github.com/valyala/fasthttp"

	"trunkline/gateway/socket"
	"trunkline/planner/apierr"
	"trunkline/planner/jsontext"
)

// writeError writes the response for a failed request. All errors are sent by it.
func writeError(response *fasthttp.Response, e *apierr.Error, minimal bool) {
	response.ResetBody()
	h := &response.Header
	h.DisableNormalizing()
	h.SetStatusCode(validStatus(e.Status))
	if e.StatusText != "" && h.StatusCode() == e.Status {
		h.SetStatusMessage(appendLine(nil, e.StatusText))
	}
	h.SetContentType("application/json; charset=utf-8")
	response.SetBodyRaw(appendError(nil, e, minimal))
	h.Set("Proxy-Status", proxyStatus(e.Code))
	for _, header := range e.Headers {
		if settable(header.Name) {
			h.Add(header.Name, header.Value)
		}
	}
}

// proxyStatus returns the value of Proxy-Status (RFC 9209). A code set by a function is omitted if it is not a token.
func proxyStatus(code string) string {
	if !socket.IsToken([]byte(code)) {
		return "PostgREST"
	}
	return "PostgREST; error=" + code
}

// brokenHeader returns the name of the first header that would corrupt the response. A function may have set it.
func brokenHeader(headers []apierr.Header) (name string, ok bool) {
	for _, h := range headers {
		if !validHeader(h.Name, h.Value) {
			return h.Name, true
		}
	}
	return "", false
}

// validHeader reports whether a header set by the database can be sent.
func validHeader(name, value string) bool {
	return socket.IsToken([]byte(name)) && socket.IsText([]byte(value))
}

// validStatus returns status, or 500 if it is not a valid status of a response.
func validStatus(status int) int {
	if status < fasthttp.StatusOK || status > 999 {
		return fasthttp.StatusInternalServerError
	}
	return status
}

// appendError appends an error's body, without details and hint if minimal is set. Its keys are sorted.
func appendError(dst []byte, e *apierr.Error, minimal bool) []byte {
	dst = appendJSONText(append(dst, `{"code":`...), e.Code)
	if !minimal {
		dst = appendJSONValue(append(dst, `,"details":`...), e.Details)
		dst = appendJSONValue(append(dst, `,"hint":`...), e.Hint)
	}
	return append(appendJSONText(append(dst, `,"message":`...), e.Message), '}')
}

// appendJSONValue appends nil, a string or a value that can be marshaled.
func appendJSONValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return appendJSONText(dst, v)
	}
	encoded, err := json.MarshalWithOption(v, json.DisableHTMLEscape())
	if err != nil {
		panic("BUG: an error's details do not marshal: " + err.Error())
	}
	return append(dst, encoded...)
}

// appendJSONText appends s as a JSON string. Invalid UTF-8 is replaced.
func appendJSONText(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, string(utf8.RuneError))
	}
	return jsontext.AppendString(dst, []byte(s))
}

// appendLine appends s with control characters replaced, so that it stays on one line.
func appendLine(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}
