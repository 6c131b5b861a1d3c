package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"trunkline/gateway/config"
)

// LevelFailure is the level of the reasons why requests failed. Such records are written unless log-level is crit.
// Records of higher levels concern the process itself and are always written; those of lower levels are written at
// debug.
const LevelFailure = slog.LevelInfo - 2

// levelRefusal is the level of the reasons why requests were refused. Such records are written from log-level warn on.
const levelRefusal = LevelFailure - 1

// errorKey is the key of the attribute that holds the error of a message. In text format, the error follows the
// message.
const errorKey = "error"

// timeLayout is the time format of PostgREST's log.
const timeLayout = "02/Jan/2006:15:04:05 -0700"

// handler writes diagnostics: in PostgREST's form, "DD/Mon/YYYY:HH:MM:SS ±zzzz: message", or as JSON.
type handler struct {
	out     *output
	current func() *config.Config
	attrs   []slog.Attr
	prefix  string // of attribute names, from groups
}

// output is shared by all handlers derived from one. Each line is written by one call, so that lines do not mix.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

// NewLogger returns a logger that follows log-level and log-format of the configuration that current returns.
func NewLogger(w io.Writer, current func() *config.Config) *slog.Logger {
	return slog.New(&handler{out: &output{w: w}, current: current})
}

// Enabled reports whether records of a level are written under the current log-level.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	switch {
	case level > LevelFailure:
		return true
	case level == LevelFailure:
		return h.current().LogLevel >= config.LogError
	case level == levelRefusal:
		return h.current().LogLevel >= config.LogWarn
	default:
		return h.current().LogLevel >= config.LogDebug
	}
}

// WithAttrs returns a handler that adds attributes to each record.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	derived := *h
	derived.attrs = h.attrs[:len(h.attrs):len(h.attrs)]
	for _, a := range attrs {
		derived.attrs = append(derived.attrs, slog.Attr{Key: h.prefix + a.Key, Value: a.Value})
	}
	return &derived
}

// WithGroup returns a handler that puts the group's name before those of attributes.
func (h *handler) WithGroup(name string) slog.Handler {
	derived := *h
	if name != "" {
		derived.prefix += name + "."
	}
	return &derived
}

// Handle writes one line.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	attrs := h.attrs[:len(h.attrs):len(h.attrs)]
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, slog.Attr{Key: h.prefix + a.Key, Value: a.Value})
		return true
	})
	var line []byte
	if h.current().LogJSON {
		line = jsonLine(&r, attrs)
	} else {
		line = textLine(&r, attrs)
	}
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	_, err := h.out.w.Write(append(line, '\n'))
	return err
}

func textLine(r *slog.Record, attrs []slog.Attr) []byte {
	line := r.Time.AppendFormat(nil, timeLayout)
	line = append(line, ": "...)
	line = append(line, oneLine(r.Message)...)
	for _, a := range attrs {
		line = append(line, ' ')
		if a.Key != errorKey {
			line = append(line, a.Key...)
			line = append(line, '=')
		}
		line = append(line, oneLine(textOf(a.Value))...)
	}
	return line
}

// jsonLine writes the record as a flat object.
func jsonLine(r *slog.Record, attrs []slog.Attr) []byte {
	line := []byte(`{"time":`)
	add := func(v any) {
		line = append(line, encode(v)...)
	}
	add(r.Time.Format(time.RFC3339Nano))
	line = append(line, `,"level":`...)
	add(levelName(r.Level))
	line = append(line, `,"message":`...)
	add(r.Message)
	for _, a := range attrs {
		line = append(line, ',')
		add(a.Key)
		line = append(line, ':')
		add(jsonValue(a.Value))
	}
	return append(line, '}')
}

// encode returns the JSON of a value, or of the error of encoding it.
func encode(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return encode(err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// levelName returns the level in the words of log/slog. Why a request failed is an error, why one was refused a warning.
func levelName(level slog.Level) string {
	switch level {
	case LevelFailure:
		return slog.LevelError.String()
	case levelRefusal:
		return slog.LevelWarn.String()
	default:
		return level.String()
	}
}

// jsonValue keeps numbers and booleans. It converts other values to text, or to an object for an error.
func jsonValue(v slog.Value) any {
	v = v.Resolve()
	switch v.Kind() {
	case slog.KindBool, slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		return v.Any()
	}
	text := textOf(v)
	if strings.HasPrefix(text, `{`) && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

func textOf(v slog.Value) string {
	v = v.Resolve()
	if err, ok := v.Any().(error); ok {
		return errorText(err)
	}
	return v.String()
}

// errorBody is an error in the format of PostgREST's answers, which its log uses too.
type errorBody struct {
	Code    string  `json:"code"`
	Details *string `json:"details"`
	Hint    *string `json:"hint"`
	Message string  `json:"message"`
}

// errorText formats an error of the database, or of connecting to it, as PostgREST does.
func errorText(err error) string {
	if text, ok := ConnectText(err); ok {
		return string(encode(errorBody{"PGRST000", &text, orNull(Advice(err)), "Database connection error."}))
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return string(encode(errorBody{pg.Code, orNull(pg.Detail), orNull(pg.Hint), pg.Message}))
	}
	return err.Error()
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// oneLine replaces what would make a text look like several lines of the log, or would change how a terminal shows it:
// line breaks by blanks, and other control characters by their escapes in JSON, which the text may be.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, isControl) { // Fast path
		return s
	}
	var line strings.Builder
	for i, part := range strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if i > 0 {
			line.WriteByte(' ')
		}
		for _, r := range part {
			if isControl(r) {
				fmt.Fprintf(&line, `\u%04x`, r)
			} else {
				line.WriteRune(r)
			}
		}
	}
	return line.String()
}

// isControl reports whether a character controls what displays it, or ends a line for some programs. A tab is harmless.
func isControl(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
}
