package gateway

import (
	"bytes"
	"unsafe"

	"trunkline/gateway/socket"
	"trunkline/planner/request"
)

// head holds the headers of a request. Its strings alias the request's buffer.
type head struct {
	fields, cookies []field

	authorization, traced, cookie          request.Header
	accept, acceptProfile, contentProfile  request.Header
	contentType, byteRange                 request.Header
	origin, requestedMethod, requestedHead request.Header
	userAgent, referer, upgrade, override  request.Header
	traceparent                            request.Header
	prefer                                 []string
}

// field is a header, with its name in lower case, or a cookie.
type field struct{ name, value string }

// reset clears the head and keeps the buffers.
func (h *head) reset() {
	clear(h.fields)
	clear(h.cookies)
	clear(h.prefer)
	*h = head{fields: h.fields[:0], cookies: h.cookies[:0], prefer: h.prefer[:0]}
}

// parse parses a header section that package socket has validated. It converts names in raw to lower case. trace is the
// name of the header that answers repeat, in lower case, or "".
func (h *head) parse(raw []byte, trace string) {
	for {
		end := bytes.IndexByte(raw, '\n')
		if end < 2 {
			return
		}
		line := raw[:end-1]
		raw = raw[end+1:]
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			return
		}
		for i, c := range line[:colon] {
			line[i] = socket.Lower(c)
		}
		h.add(field{text(line[:colon]), text(socket.TrimBlanks(line[colon+1:]))}, trace)
	}
}

func (h *head) add(f field, trace string) {
	if f.name == trace && f.name != "" {
		first(&h.traced, f.value)
	}
	if f.name == "prefer" {
		h.prefer = append(h.prefer, f.value)
	} else if known := h.known(f.name); known != nil {
		first(known, f.value)
	}
	h.fields = append(h.fields, f)
}

// known returns the field for a header that the gateway interprets, or nil. The first of repeated headers counts.
func (h *head) known(name string) *request.Header {
	switch name {
	case "accept":
		return &h.accept
	case "accept-profile":
		return &h.acceptProfile
	case "access-control-request-headers":
		return &h.requestedHead
	case "access-control-request-method":
		return &h.requestedMethod
	case "authorization":
		return &h.authorization
	case "content-profile":
		return &h.contentProfile
	case "content-type":
		return &h.contentType
	case "cookie":
		return &h.cookie
	case "origin":
		return &h.origin
	case "range":
		return &h.byteRange
	case "referer":
		return &h.referer
	case "traceparent":
		return &h.traceparent
	case "upgrade":
		return &h.upgrade
	case "user-agent":
		return &h.userAgent
	case "x-http-method-override":
		return &h.override
	default:
		return nil
	}
}

func first(h *request.Header, value string) {
	if !h.Present {
		*h = request.Header{Value: value, Present: true}
	}
}

// text returns b as a string that aliases it.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// values returns the values of all headers of a name in lower case.
func (h *head) values(name string) (values []string) {
	for i := range h.fields {
		if h.fields[i].name == name {
			values = append(values, h.fields[i].value)
		}
	}
	return values
}
