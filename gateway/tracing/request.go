package tracing

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Request is the span of a request. Its methods must not be called concurrently.
type Request struct {
	tracer   trace.Tracer
	ctx      context.Context
	span     trace.Span
	database trace.Span // nil unless a statement runs
	// since is when the statement was begun.
	since time.Time
}

// TraceID returns the id of the trace in hexadecimal digits.
func (r *Request) TraceID() string { return r.span.SpanContext().TraceID().String() }

// Statement is what is told of the statement of a request.
type Statement struct {
	// SQL has no values, Target is the relation or routine that it is about, or "".
	SQL, Target string
}

// BeginDatabase begins the span of the request's statement, and returns its place in the trace as the value of a
// traceparent header (W3C Trace Context, section 3.2).
func (r *Request) BeginDatabase(now time.Time) string {
	_, r.database = r.tracer.Start(r.ctx, "database", trace.WithTimestamp(now), trace.WithSpanKind(trace.SpanKindClient))
	r.since = now
	at := r.database.SpanContext()
	return "00-" + at.TraceID().String() + "-" + at.SpanID().String() + "-" + at.TraceFlags().String()
}

// EndDatabase ends the span of the statement, which waited for a connection at first. code is that of its error, or "".
func (r *Request) EndDatabase(now time.Time, waited time.Duration, s Statement, code string) {
	if r.database == nil {
		return
	}
	defer func() { r.database = nil }()
	if !r.database.IsRecording() {
		r.database.End()
		return
	}
	if s.Target != "" {
		r.database.SetName("database " + s.Target)
		r.database.SetAttributes(attribute.String("db.collection.name", strings.Clone(s.Target)))
	}
	r.database.SetAttributes(
		attribute.String("db.system.name", "postgresql"), attribute.String("db.query.text", strings.Clone(s.SQL)))
	if code != "" {
		r.database.SetAttributes(
			attribute.String("db.response.status_code", strings.Clone(code)), attribute.String("error.type", strings.Clone(code)))
		r.database.SetStatus(codes.Error, "")
	}
	if waited > 0 {
		r.inside(r.database, "wait", r.since, r.since.Add(waited))
	}
	r.database.End(trace.WithTimestamp(now))
}

// Stage adds a span for a stage of the request.
func (r *Request) Stage(name string, began, ended time.Time) {
	if r.span.IsRecording() {
		r.inside(r.span, name, began, ended)
	}
}

// inside adds a span inside of another.
func (r *Request) inside(outer trace.Span, name string, began, ended time.Time) {
	_, span := r.tracer.Start(trace.ContextWithSpan(r.ctx, outer), name, trace.WithTimestamp(began))
	span.End(trace.WithTimestamp(ended))
}

// Description is what is told of a request.
type Description struct {
	Method, Path string
	// Route is the path with what clients invent replaced.
	Route                                         string
	Protocol, UserAgent, Client, Role, ID, Schema string
	Status                                        int
	Code                                          string // of the error, or ""
	Rows                                          int64  // if Counted
	Counted                                       bool
}

// Describe sets what is told of the request. It keeps copies of the strings.
func (r *Request) Describe(d *Description) {
	if !r.span.IsRecording() {
		return
	}
	r.span.SetName(d.Method + " " + d.Route)
	attrs := make([]attribute.KeyValue, 0, 12)
	for _, a := range [...]struct{ key, value string }{
		{"http.request.method", d.Method},
		{"url.path", d.Path},
		{"http.route", d.Route},
		{"network.protocol.version", d.Protocol},
		{"user_agent.original", d.UserAgent},
		{"client.address", d.Client},
		{"trunkline.role", d.Role},
		{"trunkline.request_id", d.ID},
		{"trunkline.schema", d.Schema},
		{"trunkline.error_code", d.Code},
	} {
		if a.value != "" {
			attrs = append(attrs, attribute.String(a.key, strings.ToValidUTF8(strings.Clone(a.value), "\uFFFD")))
		}
	}
	attrs = append(attrs, attribute.Int("http.response.status_code", d.Status))
	if d.Counted {
		attrs = append(attrs, attribute.Int64("trunkline.rows", d.Rows))
	}
	if d.Status >= serverErrors {
		attrs = append(attrs, attribute.String("error.type", strings.Clone(d.Code)))
		r.span.SetStatus(codes.Error, "")
	}
	r.span.SetAttributes(attrs...)
}

// serverErrors is the first status that means an error of the server.
const serverErrors = 500

// End ends the span of the request. size is the size of the body in bytes, or negative if there is none; aborted means
// that the answer broke off.
func (r *Request) End(size int, aborted bool) {
	if size >= 0 {
		r.span.SetAttributes(attribute.Int("http.response.body.size", size))
	}
	if aborted {
		r.span.SetStatus(codes.Error, "the answer broke off")
	}
	if r.database != nil {
		r.database.End()
	}
	r.span.End()
}
