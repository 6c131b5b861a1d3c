package gateway

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"trunkline/gateway/config"
)

// accessLog writes a line for each request that the log level wants to see. Its writer must allow concurrent calls;
// each line is one of them.
type accessLog struct {
	w io.Writer
}

// access is what an access line tells.
type access struct {
	client net.Addr
	role   string // "" if the request has none
	time   time.Time
	// method, target and protocol are the request line, all "" if it was no valid HTTP.
	method, target, protocol string
	status                   int
	size                     int // of the body in bytes, noSize if the answer does not say
	referer, userAgent       string
}

// noSize as access.size means that the answer has no Content-Length.
const noSize = -1

// logged tells whether answers with status have a line in the access log.
func logged(level config.LogLevel, status int) bool {
	switch level {
	case config.LogCrit:
		return false
	case config.LogError:
		return status >= http.StatusInternalServerError
	case config.LogWarn:
		return status >= http.StatusBadRequest
	default:
		return true
	}
}

// write writes a line.
func (l *accessLog) write(a *access, format config.LogFormat) {
	line := make([]byte, 0, 256)
	if format == config.LogJSON {
		line = a.appendJSON(line)
	} else {
		line = a.appendText(line)
	}
	_, _ = l.w.Write(append(line, '\n'))
}

// appendText appends the line in Apache's combined format, as PostgREST writes it.
func (a *access) appendText(dst []byte) []byte {
	dst = append(appendClient(dst, a.client), " - "...)
	dst = append(appendOrDash(dst, a.role), " ["...)
	dst = append(a.time.AppendFormat(dst, "02/Jan/2006:15:04:05 -0700"), `] "`...)
	dst = append(a.appendRequestLine(dst), `" `...)
	dst = append(strconv.AppendInt(dst, int64(a.status), 10), ' ')
	if a.size == noSize {
		dst = append(dst, '-')
	} else {
		dst = strconv.AppendInt(dst, int64(a.size), 10)
	}
	dst = append(appendEscaped(append(dst, ` "`...), a.referer), `" "`...)
	return append(appendEscaped(dst, a.userAgent), '"')
}

func (a *access) appendRequestLine(dst []byte) []byte {
	if a.method == "" {
		return append(dst, '-')
	}
	dst = append(append(dst, a.method...), ' ')
	dst = append(appendEscaped(dst, a.target), ' ')
	return append(dst, a.protocol...)
}

// appendJSON appends the line as a JSON object.
func (a *access) appendJSON(dst []byte) []byte {
	dst = a.time.AppendFormat(append(dst, `{"time":"`...), time.RFC3339Nano)
	dst = appendClient(append(dst, `","level":"ACCESS","client":"`...), a.client)
	dst = append(dst, '"')
	for _, f := range [...]field{
		{"role", a.role},
		{"method", a.method},
		{"target", a.target},
		{"protocol", a.protocol},
		{"referer", a.referer},
		{"user_agent", a.userAgent},
	} {
		if f.value != "" {
			dst = append(append(append(dst, `,"`...), f.name...), `":`...)
			dst = appendJSONText(dst, f.value)
		}
	}
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(a.status), 10)
	if a.size != noSize {
		dst = strconv.AppendInt(append(dst, `,"size":`...), int64(a.size), 10)
	}
	return append(dst, '}')
}

// appendClient appends the client's address without its port, or a dash for the clients of a unix socket.
func appendClient(dst []byte, addr net.Addr) []byte {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return append(dst, '-')
	}
	return tcp.AddrPort().Addr().Unmap().AppendTo(dst)
}

func appendOrDash(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '-')
	}
	return appendEscaped(dst, s)
}

// appendEscaped appends s so that nobody can end a quoted part of a line, or the line, from within.
func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' || c == 0x7f:
			dst = append(dst, '\\', 'x', hex[c>>4], hex[c&0xf])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
