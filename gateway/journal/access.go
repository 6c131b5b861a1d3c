package journal

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"trunkline/gateway/config"
	"trunkline/planner/jsontext"
)

// AccessLog writes a line for each request that the log level includes. Each line is one call of its writer, which must
// allow concurrent calls.
type AccessLog struct{ w io.Writer }

// NewAccessLog returns an access log that writes to w.
func NewAccessLog(w io.Writer) *AccessLog { return &AccessLog{w} }

// Access holds the fields of an access line.
type Access struct {
	Client net.Addr
	Role   string // "" if the request has none
	Time   time.Time
	// Method, Target and Protocol are the request line. They are "" if it was not valid HTTP.
	Method, Target, Protocol string
	Status                   int
	Size                     int // of the body in bytes, or NoSize
	Referer, UserAgent       string
}

// NoSize is the value of Access.Size if the answer has no Content-Length.
const NoSize = -1

// Logged reports whether answers with status are written to the access log.
func Logged(level config.LogLevel, status int) bool {
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

// Write writes a line, as JSON or as text.
func (l *AccessLog) Write(a *Access, asJSON bool) {
	line := make([]byte, 0, 256)
	if asJSON {
		line = a.appendJSON(line)
	} else {
		line = a.appendText(line)
	}
	_, _ = l.w.Write(append(line, '\n'))
}

// appendText appends the line in Apache's combined format, as PostgREST does.
func (a *Access) appendText(dst []byte) []byte {
	dst = append(AppendClient(dst, a.Client), " - "...)
	dst = append(appendOrDash(dst, a.Role), " ["...)
	dst = append(a.Time.AppendFormat(dst, "02/Jan/2006:15:04:05 -0700"), `] "`...)
	dst = append(a.appendRequestLine(dst), `" `...)
	dst = append(strconv.AppendInt(dst, int64(a.Status), 10), ' ')
	if a.Size == NoSize {
		dst = append(dst, '-')
	} else {
		dst = strconv.AppendInt(dst, int64(a.Size), 10)
	}
	dst = append(appendEscaped(append(dst, ` "`...), a.Referer), `" "`...)
	return append(appendEscaped(dst, a.UserAgent), '"')
}

func (a *Access) appendRequestLine(dst []byte) []byte {
	if a.Method == "" {
		return append(dst, '-')
	}
	dst = append(append(dst, a.Method...), ' ')
	dst = append(appendEscaped(dst, a.Target), ' ')
	return append(dst, a.Protocol...)
}

// appendJSON appends the line as a JSON object.
func (a *Access) appendJSON(dst []byte) []byte {
	dst = a.Time.AppendFormat(append(dst, `{"time":"`...), time.RFC3339Nano)
	dst = AppendClient(append(dst, `","level":"ACCESS","client":"`...), a.Client)
	dst = append(dst, '"')
	for _, f := range [...]struct{ name, value string }{
		{"role", a.Role},
		{"method", a.Method},
		{"target", a.Target},
		{"protocol", a.Protocol},
		{"referer", a.Referer},
		{"user_agent", a.UserAgent},
	} {
		if f.value != "" {
			dst = append(append(append(dst, `,"`...), f.name...), `":`...)
			dst = jsontext.AppendString(dst, []byte(strings.ToValidUTF8(f.value, string(utf8.RuneError))))
		}
	}
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(a.Status), 10)
	if a.Size != NoSize {
		dst = strconv.AppendInt(append(dst, `,"size":`...), int64(a.Size), 10)
	}
	return append(dst, '}')
}

// AppendClient appends the client's address without its port, or a dash for the clients of a unix socket.
func AppendClient(dst []byte, addr net.Addr) []byte {
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

// appendEscaped appends s so that it cannot end a quoted part of a line, or the line.
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
