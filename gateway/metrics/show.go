package metrics

import (
	"math"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// number returns 1 for true and 0 for false.
func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// show registers a gauge that is 1 while is returns true, and 0 otherwise.
func (m *Metrics) show(name, help string, is func() bool) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		return number(is())
	}))
}

// showAge registers a gauge of how long ago a time is. It is not a number for the zero time.
func (m *Metrics) showAge(name, help string, since func() time.Time) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		if t := since(); !t.IsZero() {
			return time.Since(t).Seconds()
		}
		return math.NaN()
	}))
}

// ShowFresh registers a gauge that calls fresh to learn whether the schema that is served is the last that was
// requested.
func (m *Metrics) ShowFresh(fresh func() bool) {
	m.show("trunkline_schema_fresh", "Whether the last requested load of the schema succeeded", fresh)
}

// ShowListens registers a gauge that calls enabled to learn whether notifications are to be received.
func (m *Metrics) ShowListens(enabled func() bool) {
	m.show("trunkline_listener_enabled", "Whether notifications should be received (db-channel-enabled)", enabled)
}

// ShowKeysAge registers a gauge that calls fetched to learn since when the oldest of the fetched documents with signing
// keys has not been fetched again. A zero time means that none are fetched.
func (m *Metrics) ShowKeysAge(fetched func() time.Time) {
	m.showAge("trunkline_jwks_age_seconds",
		"How long ago the oldest document with signing keys was fetched; NaN if none is fetched", fetched)
}

// ShowBuild registers what was built and what it is compatible with, and the memory that the process may use.
func (m *Metrics) ShowBuild(version, compatible string, memoryLimit func() int64) {
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "trunkline_build_info", Help: "Always 1, with labels that describe the build",
		ConstLabels: prometheus.Labels{
			"version": version, "postgrest": compatible, "goversion": runtime.Version(), "goos": runtime.GOOS, "goarch": runtime.GOARCH,
		},
	})
	build.Set(1)
	m.registry.MustRegister(build, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "trunkline_memory_limit_bytes",
		Help: "The memory that the process may use: GOMEMLIMIT, the limit of its control group, or the memory of the machine",
	}, func() float64 { return float64(memoryLimit()) }))
}
