package tracing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes the spans of requests. It is safe for concurrent use.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	// continues is set if requests continue the traces of their clients (OTEL_PROPAGATORS).
	continues bool
}

// scope is the name of what makes the spans.
const scope = "trunkline"

// Start returns a tracer that sends spans to the collector which the environment names, in the background, until it is
// stopped. onError is called if that fails; calls may be concurrent. The tracer is nil if the environment turns tracing
// off.
func Start(ctx context.Context, version string, onError func(error)) (*Tracer, error) {
	if off, err := checkEnvironment(); off || err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	// What the environment says of the resource comes last and takes precedence.
	self, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", scope), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) && !errors.Is(err, resource.ErrSchemaURLConflict) {
		return nil, errors.Join(fmt.Errorf("tracing: %w", err), exporter.Shutdown(ctx))
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(onError))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(self))
	return &Tracer{
		provider: provider, tracer: provider.Tracer(scope, trace.WithInstrumentationVersion(version)),
		continues: continues(os.Getenv("OTEL_PROPAGATORS")),
	}, nil
}

// checkEnvironment reports whether the environment turns tracing off, and refuses what it asks for in vain.
func checkEnvironment() (off bool, err error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return true, nil
	}
	switch exporter := os.Getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "none":
		return true, nil
	case "", "otlp":
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER=%s is not supported: set otlp or none", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		protocol := os.Getenv(name)
		if protocol == "" {
			continue
		}
		if !slices.Contains([]string{"http/protobuf", "http/json"}, protocol) {
			return false, fmt.Errorf("%s=%s is not supported: set http/protobuf or http/json, whose port usually is 4318", name, protocol)
		}
		break // the first one counts
	}
	return false, nil
}

// continues reports whether a list of propagators has that of W3C Trace Context, which is the default.
func continues(propagators string) bool {
	return propagators == "" || slices.Contains(strings.Split(strings.ReplaceAll(propagators, " ", ""), ","), "tracecontext")
}

// Stop sends what has not been sent yet, until ctx ends.
func (t *Tracer) Stop(ctx context.Context) error { return t.provider.Shutdown(ctx) }

// Parent is what a request tells of the trace that it is part of: the values of the headers traceparent and tracestate.
type Parent struct{ Traceparent, Tracestate string }

// Get implements propagation.TextMapCarrier.
func (p Parent) Get(key string) string {
	switch key {
	case "traceparent":
		return p.Traceparent
	case "tracestate":
		return strings.Clone(p.Tracestate) // parts of it are kept
	default:
		return ""
	}
}

// Set implements propagation.TextMapCarrier. Nothing is set in a request.
func (Parent) Set(string, string) {}

// Keys implements propagation.TextMapCarrier.
func (Parent) Keys() []string { return []string{"traceparent", "tracestate"} }

// Begin begins the span of a request that has arrived at a time.
func (t *Tracer) Begin(parent Parent, arrived time.Time) *Request {
	ctx := context.Background()
	if t.continues && parent.Traceparent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, parent)
	}
	r := &Request{tracer: t.tracer}
	r.ctx, r.span = t.tracer.Start(ctx, "request", trace.WithTimestamp(arrived), trace.WithSpanKind(trace.SpanKindServer))
	return r
}
