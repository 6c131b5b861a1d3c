package tracing

import (
	"strings"
	"testing"
)

// TestEnvironment shows what turns tracing off, and what is refused.
func TestEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		off       bool
		want      string
	}{
		"nothing":          {},
		"off":              {variables: map[string]string{"OTEL_SDK_DISABLED": "TRUE"}, off: true},
		"no exporter":      {variables: map[string]string{"OTEL_TRACES_EXPORTER": "none"}, off: true},
		"other exporter":   {variables: map[string]string{"OTEL_TRACES_EXPORTER": "zipkin"}, want: "OTEL_TRACES_EXPORTER=zipkin"},
		"grpc":             {variables: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, want: "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
		"grpc for others":  {variables: map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}},
		"grpc for tracing": {variables: map[string]string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, want: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc"},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range test.variables {
				t.Setenv(key, value)
			}
			tracer, err := Start(t.Context(), "", func(error) {})
			if tracer != nil {
				if err := tracer.Stop(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if (tracer != nil) != (!test.off && test.want == "") {
				t.Errorf("there is a tracer: %t", tracer != nil)
			}
			if (err != nil) != (test.want != "") || err != nil && !strings.HasPrefix(err.Error(), test.want+" is not supported") {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
}

func TestContinues(t *testing.T) {
	for list, want := range map[string]bool{"": true, "tracecontext": true, "baggage, tracecontext": true, "b3": false, "none": false} {
		if got := continues(list); got != want {
			t.Errorf("%q: %t", list, got)
		}
	}
}
