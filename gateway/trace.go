package gateway

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"trunkline/gateway/exec"
	"trunkline/gateway/tracing"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
)

// beginSpan begins the request's span.
func (x *exchange) beginSpan(t *tracing.Tracer) {
	parent := tracing.Parent{Traceparent: x.head.traceparent.Value, Tracestate: x.head.joined("tracestate")}
	x.span, x.watch.keeps = t.Begin(parent, x.watch.began), true
}

// joined returns the values of all headers with a name in lower case, with commas between (RFC 9110, section 5.3).
func (h *head) joined(name string) string { return strings.Join(h.values(name), ",") }

// findPlace returns the place of the statement in the trace as the value of a traceparent header, or "" if there is no
// trace or nobody asks. If the request has a span, that of the statement begins.
func (x *exchange) findPlace() string {
	cfg := x.settings.config
	if x.span != nil {
		return x.span.BeginDatabase(time.Now())
	}
	if trace := x.head.traceparent.Value; (cfg.DBTraceComment || cfg.DBTraceApplicationName) && pgsql.ValidTraceparent(trace) {
		return trace
	}
	return ""
}

// ran ends the stage in which the statement of the request ran, and its span. statement is what is told of it.
func (x *exchange) ran(failure error, statement func() tracing.Statement) {
	x.watch.lap(stageTransaction)
	if x.span == nil { // Fast path
		return
	}
	code := ""
	if failure != nil {
		var err *apierr.Error
		if code = "other"; errors.As(failure, &err) {
			code = err.Code
		}
	}
	x.span.EndDatabase(x.watch.since, x.waited, statement(), code)
}

// statement returns what is told of the statement of a request.
func (x *exchange) statement() tracing.Statement {
	return tracing.Statement{SQL: x.job.Main.SQL, Target: x.plan.Target.Name}
}

// statementOf returns what is told of the statements of several jobs: each text once.
func statementOf(target string, jobs iter.Seq[*exec.Job]) tracing.Statement {
	var texts []string
	for job := range jobs {
		if sql := job.Main.SQL; sql != "" && !slices.Contains(texts, sql) {
			texts = append(texts, sql)
		}
	}
	return tracing.Statement{SQL: strings.Join(texts, "; "), Target: target}
}

// endSpan ends the request's span: when its answer has been sent if that is a stream.
func (x *exchange) endSpan(status int) {
	for _, l := range x.watch.laps {
		if l.stage != stageTransaction { // which has a span of its own
			x.span.Stage(l.stage.String(), l.began, l.ended)
		}
	}
	x.span.Describe(x.description(status))
	s, span := x.answer.stream, x.span
	if s == nil {
		span.End(bodySize(x.answer.response, x.input.Method), false)
		return
	}
	logs := s.report
	s.report = func(sent int64, aborted bool) {
		if logs != nil {
			logs(sent, aborted)
		}
		span.End(int(sent), aborted)
	}
}

// description returns what is told of the request in its trace. It has no query string, which may hold what must not
// leave the log.
func (x *exchange) description(status int) *tracing.Description {
	d := &tracing.Description{
		Method: "_OTHER", Path: x.input.Path, Route: x.route(),
		Protocol:  strings.TrimPrefix(text(x.http.Request.Header.Protocol()), "HTTP/"),
		UserAgent: x.head.userAgent.Value, Role: x.identity.Role, ID: x.requestID, Status: status, Code: x.code,
		Rows: x.rows, Counted: x.counted,
	}
	if slices.Contains(usualMethods(), x.input.Method) {
		d.Method = x.input.Method
	}
	if addr := x.clientAddr(); addr.IsValid() {
		d.Client = addr.String()
	}
	if x.request != nil {
		d.Schema = x.request.Schema
	}
	return d
}

// route returns the path of the request if what it names exists, or what stands for such a path: clients cannot invent
// routes.
func (x *exchange) route() string {
	named := x.plan != nil && x.plan.Target.Name != ""
	switch {
	case x.kind == rootPath:
		return "/"
	case x.kind == relationPath && named:
		return "/" + x.plan.Target.Name
	case x.kind == relationPath:
		return "/{relation}"
	case x.kind == routinePath && named:
		return "/rpc/" + x.plan.Target.Name
	case x.kind == routinePath:
		return "/rpc/{routine}"
	default:
		return "/{other}"
	}
}
