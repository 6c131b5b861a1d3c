// Package metrics holds the metrics that the admin server exposes.
package metrics
