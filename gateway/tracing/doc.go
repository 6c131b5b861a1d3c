// Package tracing sends spans of requests to an OpenTelemetry collector, by the official library. Everything but whether
// it does is configured by the environment variables that OpenTelemetry defines (OTEL_…).
//
// A request is a span of kind server. Its stages are spans in it; that of the database is of kind client. Nothing of a
// span refers to buffers of the request.
package tracing
