package journal

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
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
	Client netip.Addr // the zero value if it is not known, as for the clients of a unix socket
	Role   string     // "" if the request has none
	Time   time.Time
	// Method, Target and Protocol are the request line. They are "" if it was not valid HTTP.
	Method, Target, Protocol string
	Status                   int
	Size                     int // of the body in bytes, or NoSize
	Referer, UserAgent       string

	// Details are logged as JSON, and as text if Detailed is set.
	Details
	Detailed bool
}

// Details are the fields of an access line that PostgREST does not have.
type Details struct {
	// Took is how long the request took until its answer was handed to the server or, if that is a stream, until it was
	// sent. Database is the part of it from asking for a connection to the answer of the database, Waited the part of
	// that until there was a connection.
	Took, Database, Waited time.Duration
	// Rows is the number of rows that were returned or changed, if Counted is set.
	Rows    int64
	Counted bool
	// Code is that of the error, or "", and See where it is explained.
	Code, See string
	// Aborted is set if the answer broke off.
	Aborted bool
	IDs
}

// IDs are what finds the same request elsewhere. Those that a request does not have are "".
type IDs struct{ Request, Trace string }

// Attributes returns the ids as attributes of a line of the log.
func (i *IDs) Attributes() []any {
	var attrs []any
	if i.Request != "" {
		attrs = append(attrs, slog.String("request_id", i.Request))
	}
	if i.Trace != "" {
		attrs = append(attrs, slog.String("trace_id", i.Trace))
	}
	return attrs
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
	dst = append(appendAddr(dst, a.Client), " - "...)
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
	dst = append(appendEscaped(dst, a.UserAgent), '"')
	if a.Detailed {
		dst = a.Details.appendText(dst)
	}
	return dst
}

// appendText appends the details as key=value.
func (d *Details) appendText(dst []byte) []byte {
	dst = appendMilliseconds(append(dst, " duration_ms="...), d.Took)
	if d.Database > 0 {
		dst = appendMilliseconds(append(dst, " database_ms="...), d.Database)
		dst = appendMilliseconds(append(dst, " waited_ms="...), d.Waited)
	}
	if d.Counted {
		dst = strconv.AppendInt(append(dst, " rows="...), d.Rows, 10)
	}
	for _, f := range d.texts() {
		if f.value != "" {
			dst = append(append(append(dst, ' '), f.name...), '=')
			dst = appendQuoted(dst, f.value)
		}
	}
	if d.Aborted {
		dst = append(dst, " aborted=true"...)
	}
	return dst
}

// appendJSON appends the details as members of an object.
func (d *Details) appendJSON(dst []byte) []byte {
	dst = appendMilliseconds(append(dst, `,"duration_ms":`...), d.Took)
	if d.Database > 0 {
		dst = appendMilliseconds(append(dst, `,"database_ms":`...), d.Database)
		dst = appendMilliseconds(append(dst, `,"waited_ms":`...), d.Waited)
	}
	if d.Counted {
		dst = strconv.AppendInt(append(dst, `,"rows":`...), d.Rows, 10)
	}
	for _, f := range d.texts() {
		dst = appendMember(dst, f)
	}
	if d.Aborted {
		dst = append(dst, `,"aborted":true`...)
	}
	return dst
}

// member is a text with its name.
type member struct{ name, value string }

func (d *Details) texts() [4]member {
	return [...]member{{"code", d.Code}, {"request_id", d.Request}, {"trace_id", d.Trace}, {"see", d.See}}
}

// appendMember appends a text as a member of an object, unless it is empty.
func appendMember(dst []byte, f member) []byte {
	if f.value == "" {
		return dst
	}
	dst = append(append(append(dst, `,"`...), f.name...), `":`...)
	return jsontext.AppendString(dst, []byte(strings.ToValidUTF8(f.value, string(utf8.RuneError))))
}

// appendMilliseconds appends a duration in milliseconds, with three decimals.
func appendMilliseconds(dst []byte, d time.Duration) []byte {
	return strconv.AppendFloat(dst, float64(d)/float64(time.Millisecond), 'f', 3, 64)
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
	dst = append(append(dst, `","level":"`...), accessLevel(a.Status).String()...)
	dst = appendAddr(append(dst, `","type":"access","client":"`...), a.Client)
	dst = append(dst, '"')
	for _, f := range [...]member{
		{"role", a.Role},
		{"method", a.Method},
		{"target", a.Target},
		{"protocol", a.Protocol},
		{"referer", a.Referer},
		{"user_agent", a.UserAgent},
	} {
		dst = appendMember(dst, f)
	}
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(a.Status), 10)
	if a.Size != NoSize {
		dst = strconv.AppendInt(append(dst, `,"size":`...), int64(a.Size), 10)
	}
	return append(a.Details.appendJSON(dst), '}')
}

// accessLevel returns the level of the line of an answer: that of log-level which includes it.
func accessLevel(status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case status >= http.StatusBadRequest:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// ClientAddr returns an address without its port, or the zero value for the clients of a unix socket.
func ClientAddr(addr net.Addr) netip.Addr {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return tcp.AddrPort().Addr().Unmap()
}

// appendAddr appends the address of a client, or a dash for the zero value.
func appendAddr(dst []byte, addr netip.Addr) []byte {
	if !addr.IsValid() {
		return append(dst, '-')
	}
	return addr.AppendTo(dst)
}

// ClientText returns an address without its port, or a dash for the clients of a unix socket.
func ClientText(addr net.Addr) string { return string(appendAddr(nil, ClientAddr(addr))) }

// appendQuoted appends s, in quotes if there is a space in it.
func appendQuoted(dst []byte, s string) []byte {
	if !strings.Contains(s, " ") {
		return appendEscaped(dst, s)
	}
	return append(appendEscaped(append(dst, '"'), s), '"')
}

func appendOrDash(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '-')
	}
	return appendEscaped(dst, s)
}

// appendEscaped appends s so that it cannot end a quoted part of a line, or the line, nor change how a terminal shows it.
func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' || c == 0x7f:
			dst = appendHex(dst, c)
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default: // Slow path
			r, size := utf8.DecodeRuneInString(s[i:])
			for _, c := range []byte(s[i : i+size]) {
				if isControl(r) {
					dst = appendHex(dst, c)
				} else {
					dst = append(dst, c)
				}
			}
			i += size - 1
		}
	}
	return dst
}

// appendHex appends the escape of a byte.
func appendHex(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'x', hex[c>>4], hex[c&0xf])
}
