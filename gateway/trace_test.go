package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"trunkline/cache"
	"trunkline/deploy/localpg/pgtest"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/openapi"
	"trunkline/gateway/tracing"
)

// spans are those that a collector has received.
type spans struct {
	mu       sync.Mutex
	all      []*tracepb.Span
	resource map[string]string
}

// ServeHTTP receives spans (OTLP/HTTP).
func (s *spans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var message collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &message)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, fmt.Sprint(r.URL, err), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range message.GetResourceSpans() {
		s.resource = make(map[string]string)
		for _, a := range from.GetResource().GetAttributes() {
			s.resource[a.GetKey()] = a.GetValue().GetStringValue()
		}
		for _, scope := range from.GetScopeSpans() {
			s.all = append(s.all, scope.GetSpans()...)
		}
	}
}

// attributes returns the attributes of a span as text.
func attributes(s *tracepb.Span) map[string]string {
	all := make(map[string]string)
	for _, a := range s.GetAttributes() {
		switch v := a.GetValue(); {
		case v.GetStringValue() != "":
			all[a.GetKey()] = v.GetStringValue()
		default:
			all[a.GetKey()] = fmt.Sprint(v.GetIntValue())
		}
	}
	return all
}

// inside returns the spans directly inside of another.
func (s *spans) inside(outer *tracepb.Span) (found []*tracepb.Span) {
	for _, span := range s.all {
		if string(span.GetParentSpanId()) == string(outer.GetSpanId()) {
			found = append(found, span)
		}
	}
	return found
}

// traced serves a fixture with a collector. stop ends the tracer, after which all spans have been received.
func (f *fixture) traced(t *testing.T, pure bool, changes ...string) (addr string, log *lines, got *spans, stop func()) {
	t.Helper()
	got = new(spans)
	server := httptest.NewServer(got)
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=films,deployment.environment.name=test")
	tracer, err := tracing.Start(t.Context(), "1.2.3", func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	cfg := f.config(t, append([]string{`log-level = "info"`, "log-details = true"}, changes...)...)
	log = new(lines)
	h := f.handler(t, cfg, log)
	h.Log, h.Tracer = journal.NewLogger(log, func() *config.Config { return cfg }), tracer
	if pure {
		h.Standing = func(*cache.Snapshot, *cache.Uses) (uint64, bool) { return 0, true }
	}
	stop = sync.OnceFunc(func() {
		if err := tracer.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
	addr = start(t, h, cfg)
	return addr, log, got, stop
}

const (
	parentTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentSpan  = "00f067aa0ba902b7"
)

// TestSpans looks at what a collector receives of requests.
func TestSpans(t *testing.T) {
	db := fixedDatabase(t)
	addr, log, got, stop := db.traced(t, false, `server-request-id-header = "X-Request-Id"`, "server-stream-threshold = 1")
	requests := []struct {
		request, body, name string
		want                map[string]string
		inside              []string
	}{
		{"GET /sites?limit=2&name=neq.secret", "", "GET /sites", map[string]string{
			"http.response.status_code": "200", "url.path": "/sites", "trunkline.role": "visitor", "client.address": "127.0.0.1",
			"trunkline.request_id": "r-1", "trunkline.schema": "api", "trunkline.rows": "2", "network.protocol.version": "1.1",
		}, []string{"database sites", "jwt", "parse", "plan", "response"}},
		{"GET /made-up", "", "GET /{relation}", map[string]string{
			"http.response.status_code": "404", "trunkline.error_code": "PGRST205", "http.route": "/{relation}",
		}, []string{"jwt", "parse"}},
		{"BREW /sites", "", "_OTHER /{relation}", map[string]string{"http.response.status_code": "405"}, []string{"jwt", "parse"}},
		{"POST /rpc/raise", `{"code":"XX000","message":"broken"}`, "POST /rpc/raise", map[string]string{
			"http.response.status_code": "500", "error.type": "XX000",
		}, []string{"database raise", "jwt", "parse", "plan"}},
		{
			"POST /", `[{"method":"GET","path":"/sites"},{"method":"GET","path":"/sites"},{"method":"POST","path":"/rpc/raise","body":{"code":"XX000","message":"broken"}}]`, "POST /",
			map[string]string{"http.response.status_code": "500"},
			[]string{"database", "jwt", "parse", "plan"},
		},
		{"GET /", "", "GET /", map[string]string{"http.response.status_code": "200"}, []string{"database", "jwt", "parse", "plan", "response"}},
	}
	for _, r := range requests {
		c := dial(t, addr)
		c.send(fmt.Sprintf("%s HTTP/1.1\r\nHost: a\r\nX-Request-Id: r-1\r\ntraceparent: 00-%s-%s-01\r\ntracestate: a=b\r\n"+
			"Content-Type: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
			r.request, parentTrace, parentSpan, bodyType(r.body), len(r.body), r.body))
		c.receive(http.MethodGet)
		c.expectClosed() // also of a stream
	}
	stop()
	if got.resource["service.name"] != "films" || got.resource["service.version"] != "1.2.3" ||
		got.resource["deployment.environment.name"] != "test" {
		t.Errorf("the resource is %v", got.resource)
	}
	if strings.Contains(fmt.Sprint(got.all), "secret") {
		t.Error("a value of the query string is in a span")
	}
	if n := strings.Count(log.String(), "trace_id="+parentTrace); n < len(requests) {
		t.Errorf("%d lines of the log have the trace's id:\n%s", n, log)
	}
	for _, r := range requests {
		i := slices.IndexFunc(got.all, func(s *tracepb.Span) bool { return s.GetName() == r.name })
		if i < 0 {
			t.Errorf("there is no span %q", r.name)
			continue
		}
		span := got.all[i]
		checkRequestSpan(t, span, r.want)
		var inside []string
		for _, s := range got.inside(span) {
			inside = append(inside, s.GetName())
			checkInside(t, got, span, s)
		}
		slices.Sort(inside)
		if !slices.Equal(inside, r.inside) {
			t.Errorf("%s: inside are %q, want %q", r.name, inside, r.inside)
		}
	}
}

// bodyType returns the media type of a batch if the body is an array.
func bodyType(body string) string {
	if strings.HasPrefix(body, "[") {
		return openapi.BatchType
	}
	return "application/json"
}

func checkRequestSpan(t *testing.T, span *tracepb.Span, want map[string]string) {
	t.Helper()
	if fmt.Sprintf("%x %x", span.GetTraceId(), span.GetParentSpanId()) != parentTrace+" "+parentSpan ||
		span.GetTraceState() != "a=b" || span.GetKind() != tracepb.Span_SPAN_KIND_SERVER {
		t.Errorf("%s: trace %x, parent %x, state %s, kind %s", span.GetName(), span.GetTraceId(), span.GetParentSpanId(),
			span.GetTraceState(), span.GetKind())
	}
	attrs := attributes(span)
	for key, value := range want {
		if attrs[key] != value {
			t.Errorf("%s: %s is %q, want %q", span.GetName(), key, attrs[key], value)
		}
	}
	if failed := span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR; failed != (attrs["http.response.status_code"] >= "500") {
		t.Errorf("%s: the status is %s", span.GetName(), span.GetStatus())
	}
	if attrs["http.response.body.size"] == "" {
		t.Errorf("%s: the size is missing", span.GetName())
	}
}

// checkInside checks a span of a stage.
func checkInside(t *testing.T, got *spans, outer, s *tracepb.Span) {
	t.Helper()
	if s.GetStartTimeUnixNano() < outer.GetStartTimeUnixNano() || s.GetEndTimeUnixNano() > outer.GetEndTimeUnixNano() ||
		s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano() {
		t.Errorf("%s: %s is outside of it", outer.GetName(), s.GetName())
	}
	if !strings.HasPrefix(s.GetName(), "database") {
		return
	}
	attrs := attributes(s)
	if attrs["db.system.name"] != "postgresql" || !strings.Contains(attrs["db.query.text"], "SELECT") ||
		s.GetKind() != tracepb.Span_SPAN_KIND_CLIENT {
		t.Errorf("%s: %s has %v", outer.GetName(), s.GetName(), attrs)
	}
	if waits := got.inside(s); len(waits) != 1 || waits[0].GetName() != "wait" {
		t.Errorf("%s: inside of %s are %v", outer.GetName(), s.GetName(), waits)
	}
}

// applicationName returns a fixture with a function that returns application_name, and one that is not pure.
func applicationName(t *testing.T) *fixture {
	t.Helper()
	db := fixtureDatabase(t)
	if _, err := pgtest.Conn(t, db.dsn).Exec(t.Context(), `
		create view api.seen as select 1 as id, pg_catalog.current_setting('application_name') as name;
		create function api.seen_by() returns text language plpgsql as $$ begin return current_setting('application_name'); end $$;
		grant select on api.seen to visitor`); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestTraceOnToPostgreSQL shows that statements see the place of their span, and that those of other requests on the same
// connections do not.
func TestTraceOnToPostgreSQL(t *testing.T) {
	db := applicationName(t)
	for _, pure := range []bool{true, false} {
		for _, header := range []string{"", "traceparent: 00-" + parentTrace + "-" + parentSpan + "-01\r\n", "traceparent: 00-" + parentTrace + "-" + parentSpan + "-00\r\n"} {
			addr, _, got, stop := db.traced(t, pure, "db-trace-application-name = true")
			var names []string
			c := dial(t, addr)
			for _, request := range []string{
				"GET /seen?select=name HTTP/1.1\r\nAccept: text/csv\r\n", "POST /rpc/seen_by HTTP/1.1\r\nContent-Length: 0\r\n",
				"POST /rpc/seen_by HTTP/1.1\r\nContent-Length: 0\r\nPrefer: tx=rollback\r\n",
			} {
				c.send(request + "Host: a\r\n" + header + "\r\n")
				response, body := c.receive(http.MethodGet)
				if response.StatusCode != 200 {
					t.Fatalf("%s: status %d, %s", request, response.StatusCode, body)
				}
				names = append(names, strings.Trim(strings.TrimPrefix(body, "name\n"), "\"\n"))
			}
			stop()
			sampled := !strings.HasSuffix(header, "-00\r\n")
			for i, name := range names {
				parts := strings.Split(name, "-")
				if len(parts) != 4 || header != "" && parts[1] != parentTrace || parts[2] == parentSpan || slices.Contains(names[:i], name) {
					t.Errorf("pure %t, %q: application_name is %q", pure, header, name)
					continue
				}
				exported := slices.ContainsFunc(got.all, func(s *tracepb.Span) bool {
					return fmt.Sprintf("00-%x-%x-01", s.GetTraceId(), s.GetSpanId()) == name && strings.HasPrefix(s.GetName(), "database")
				})
				if exported != sampled {
					t.Errorf("pure %t, %q: whether the collector has %s: %t", pure, header, name, exported)
				}
			}
		}
	}
}

// TestApplicationNameOfRequests shows the name without spans: that of the client's header, and nothing of it afterwards.
func TestApplicationNameOfRequests(t *testing.T) {
	addr := applicationName(t).serve(t, "db-trace-application-name = true")
	const trace = "00-" + parentTrace + "-" + parentSpan + "-01"
	c := dial(t, addr)
	for range 3 {
		for _, test := range []struct{ header, want string }{
			{"traceparent: " + trace + "\r\n", trace}, {"", ""}, {"traceparent: 00-'; drop table x; --01\r\n", ""},
		} {
			c.send("POST /rpc/seen_by HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" + test.header + "\r\n")
			response, body := c.receive(http.MethodGet)
			if got := strings.Trim(body, `"`); response.StatusCode != 200 || (got == trace) != (test.want == trace) || strings.Contains(got, "drop") {
				t.Errorf("%q: status %d, application_name is %s", test.header, response.StatusCode, body)
			}
		}
	}
}

// TestTracedStatementsStayPrepared shows that a request in another trace has the same statements.
func TestTracedStatementsStayPrepared(t *testing.T) {
	db := fixedDatabase(t)
	for setting, once := range map[string]bool{"db-trace-application-name": false, "db-trace-comment": true} {
		cfg := db.config(t, setting+" = true")
		h := db.handler(t, cfg, io.Discard)
		var texts []string
		for _, span := range []string{parentSpan, "00f067aa0ba902b8"} {
			ctx := requestContext(t, "GET /sites HTTP/1.1\r\nHost: a\r\ntraceparent: 00-"+parentTrace+"-"+span+"-01\r\n\r\n")
			x := h.begin(ctx, relationPath)
			x.identity, _ = x.settings.authenticator.Authenticate("", false)
			if err := x.parse(); err != nil {
				t.Fatal(err)
			}
			if err := x.planRequest(); err != nil {
				t.Fatal(err)
			}
			job := x.render()
			if job.Main.Once != once {
				t.Errorf("%s: once is %t", setting, job.Main.Once)
			}
			texts = append(texts, job.Settings.SQL+";"+job.Main.SQL)
		}
		if (texts[0] == texts[1]) == once {
			t.Errorf("%s: the statements are\n%s\n%s", setting, texts[0], texts[1])
		}
	}
}

// TestTracesOfStreams shows that the span of a streamed answer ends when it has been sent.
func TestTracesOfStreams(t *testing.T) {
	addr, log, got, stop := fixedDatabase(t).traced(t, false, "server-stream-threshold = 1", `log-level = "crit"`)
	c := dial(t, addr)
	c.send("GET /telescopes HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: application/x-ndjson\r\n\r\n")
	_, body := c.receive(http.MethodGet)
	c.expectClosed()
	stop()
	i := slices.IndexFunc(got.all, func(s *tracepb.Span) bool { return s.GetName() == "GET /telescopes" })
	if i < 0 || attributes(got.all[i])["http.response.body.size"] != fmt.Sprint(len(body)) || log.String() != "" {
		t.Errorf("%d bytes received, the spans are %v, logged %s", len(body), got.all, log)
	}
}

// TestSpansCostNothingWhenOff shows that lap times are not kept, and nothing is made, without a tracer.
func TestSpansCostNothingWhenOff(t *testing.T) {
	var w stopwatch
	x := &exchange{settings: &settings{config: loadConfig(t)}}
	w.start()
	if got := testing.AllocsPerRun(100, func() {
		w.lap(stageParse)
		x.ran(nil, x.statement)
		x.place = x.findPlace()
	}); got > 0 || len(w.laps) > 0 {
		t.Errorf("%.1f allocations, %d laps", got, len(w.laps))
	}
}

// BenchmarkTraced measures what spans cost for a row: without a tracer, for a request that is not sampled, and for one
// that is.
func BenchmarkTraced(b *testing.B) {
	db := fixtureDatabase(b)
	server := httptest.NewServer(new(spans))
	defer server.Close()
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	tracer, err := tracing.Start(b.Context(), "", func(error) {})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tracer.Stop(b.Context()) }()
	for _, kind := range []struct {
		name, flags string
		tracer      *tracing.Tracer
	}{{"off", "01", nil}, {"unsampled", "00", tracer}, {"sampled", "01", tracer}} {
		b.Run(kind.name, func(b *testing.B) {
			h := db.handler(b, db.config(b), io.Discard)
			h.Tracer = kind.tracer
			ctx := requestContext(b, "GET /telescopes?id=eq.1 HTTP/1.1\r\nHost: a\r\ntraceparent: 00-"+parentTrace+"-"+parentSpan+"-"+
				kind.flags+"\r\n\r\n")
			handle := h.serving(relationPath)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				handle(ctx)
			}
		})
	}
}
