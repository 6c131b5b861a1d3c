package metrics

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// Pool holds the figures of the connection pool at one moment.
type Pool struct {
	// Max is the configured size, Idle the number of open unused connections, Busy the number of those in use, Waiting
	// the number of requests that wait for one.
	Max, Idle, Busy, Waiting int
	// Shared is the number of requests that were sent in the flush of another.
	Shared uint64
}

// Metrics are the gateway's metrics. Those that PostgREST has are named pgrst_…, the others trunkline_….
type Metrics struct {
	registry *prometheus.Registry

	poolTimeouts  prometheus.Counter
	schemaLoads   *prometheus.CounterVec
	schemaSeconds prometheus.Gauge
	schemaCauses  *prometheus.CounterVec
	schemaFails   *prometheus.CounterVec
	schemaKinds   *prometheus.HistogramVec
	jwtRequests   prometheus.Counter
	jwtHits       prometheus.Counter
	jwtEvictions  prometheus.Counter
	jwtSkew       *prometheus.HistogramVec

	requests   *prometheus.HistogramVec
	refusals   *prometheus.CounterVec
	stages     *prometheus.HistogramVec
	reloads    *prometheus.CounterVec
	audits     *prometheus.CounterVec
	generation prometheus.Gauge
	jwksLoads  prometheus.Counter
	jwksErrors prometheus.Counter
	cuts       prometheus.Counter
	limited    *prometheus.CounterVec
	listening  prometheus.Gauge
	// configCurrent is 0 while the sources have a configuration that was refused.
	configCurrent prometheus.Gauge
	reported      reported

	resourceRequests *prometheus.CounterVec
	resourceSeconds  *prometheus.HistogramVec
}

// ShowWatched registers a gauge that calls watched to learn whether every change of the schema is announced.
func (m *Metrics) ShowWatched(watched func() bool) {
	m.show("trunkline_schema_watched",
		"Whether every schema change is known to be announced by event triggers, and loaded", watched)
}

// New registers the metrics. pool is called at each scrape.
func New(pool func() Pool) *Metrics {
	m := &Metrics{
		registry:      prometheus.NewRegistry(),
		poolTimeouts:  counter("pgrst_db_pool_timeouts_total", "The total number of pool connection timeouts"),
		schemaLoads:   counters("pgrst_schema_cache_loads_total", "The total number of times the schema cache was loaded", "status"),
		schemaSeconds: gauge("pgrst_schema_cache_query_time_seconds", "The query time in seconds of the last schema cache load"),
		schemaCauses: counters("trunkline_schema_loads_total",
			"Loads of the schema, by cause, and by how much was read (kind); the kind none means that nothing that is served had changed",
			"cause", "kind"),
		schemaFails: counters("trunkline_schema_load_failures_total",
			"Loads of the schema that failed, by the query that failed; connect means that there was no connection", "query"),
		schemaKinds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "trunkline_schema_load_duration_seconds",
			Help:    "How long loads of the schema took, until their result was served",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 18),
		}, []string{"kind"}),
		jwtRequests:  counter("pgrst_jwt_cache_requests_total", "The total number of JWT cache lookups"),
		jwtHits:      counter("pgrst_jwt_cache_hits_total", "The total number of JWT cache hits"),
		jwtEvictions: counter("pgrst_jwt_cache_evictions_total", "The total number of JWT cache evictions"),
		jwtSkew: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "trunkline_jwt_skew_seconds",
			Help:    "How far JWTs were used after exp or before nbf or iat, by the gateway's clock",
			Buckets: []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3600, 86400},
		}, []string{"claim", "outcome"}),
		requests: histograms("trunkline_request_duration_seconds",
			"How long requests took, until the response was handed to the HTTP server", "method", "resource", "status"),
		refusals: counters("trunkline_refused_requests_total",
			"Requests rejected before they were read: malformed, too large or too slow", "status"),
		stages:  histograms("trunkline_stage_duration_seconds", "How long the stages of requests took", "stage"),
		reloads: counters("trunkline_config_reloads_total", "Reloads of the configuration", "status"),
		audits: counters("trunkline_schema_audits_total",
			"Audits of the schema for changes that were not announced, by result", "status"),
		generation: gauge("trunkline_schema_generation", "The number of published schema snapshots"),
		jwksLoads:  counter("trunkline_jwks_fetches_total", "Fetches of documents with signing keys"),
		jwksErrors: counter("trunkline_jwks_fetch_errors_total", "Fetches of signing keys that failed"),
		cuts:       counter("trunkline_clients_cut_total", "Clients disconnected because they did not read their responses while others waited"),
		limited: counters("trunkline_role_limited_total",
			"Requests rejected or timed out because of a limit of their role or of a claim", "limit"),
		listening: gauge("trunkline_listener_up", "Whether the listener receives notifications"),
		configCurrent: gauge("trunkline_config_current",
			"Whether the last reload of the configuration succeeded; until one does, the previous configuration is in use"),
		reported: newReported(),
		resourceRequests: counters("trunkline_resource_requests_total",
			"Requests, and operations of batches, by the relation or function that they name, if admin-metrics-relations is set", "resource", "name", "method", "status"),
		resourceSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "trunkline_resource_request_duration_seconds",
			Help:    "How long requests took, by the relation or function that they name, if admin-metrics-relations is set",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"resource", "name"}),
	}
	m.configCurrent.Set(1)
	m.registry.MustRegister(
		m.poolTimeouts, m.schemaLoads, m.schemaSeconds, m.schemaCauses, m.schemaFails, m.schemaKinds, m.jwtRequests, m.jwtHits, m.jwtEvictions, m.jwtSkew,
		m.requests, m.refusals, m.stages, m.reloads, m.audits, m.generation, m.jwksLoads, m.jwksErrors, m.cuts, m.limited, m.listening,
		m.configCurrent, m.reported.errors, m.resourceRequests, m.resourceSeconds,
		poolGauge("pgrst_db_pool_available", "Available connections in the pool", func() int { return pool().Idle }),
		poolGauge("pgrst_db_pool_waiting", "Requests waiting to acquire a pool connection", func() int { return pool().Waiting }),
		poolGauge("pgrst_db_pool_max", "Max pool connections", func() int { return pool().Max }),
		poolGauge("trunkline_db_pool_busy", "Connections in the pool that are in use", func() int { return pool().Busy }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "trunkline_db_pool_shared_total",
			Help: "Requests that were sent to the database together with another one",
		}, func() float64 { return float64(pool().Shared) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.expect()
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
}

func poolGauge(name, help string, value func() int) prometheus.GaugeFunc {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		return float64(value())
	})
}

// histograms returns histograms with buckets from 100 µs to 13 s.
func histograms(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(0.0001, 2, 18),
	}, labels)
}

// PoolTimeout counts a request that did not get a connection in time.
func (m *Metrics) PoolTimeout() { m.poolTimeouts.Inc() }

// RoleLimited counts a request that was refused because of a limit of its role or of a claim, by the key of the limit.
func (m *Metrics) RoleLimited(key string) { m.limited.WithLabelValues(key).Inc() }

// SchemaLoaded records a load of the schema and the generation of the snapshot.
func (m *Metrics) SchemaLoaded(took time.Duration, generation uint64) {
	m.schemaLoads.WithLabelValues(success).Inc()
	m.schemaSeconds.Set(took.Seconds())
	m.generation.Set(float64(generation))
}

// ExpectSchemaLoads makes all series of loads exist from the start, with zeros.
func (m *Metrics) ExpectSchemaLoads(causes, kinds []string) {
	for _, kind := range kinds {
		m.schemaKinds.WithLabelValues(kind)
		for _, cause := range causes {
			m.schemaCauses.WithLabelValues(cause, kind)
		}
	}
}

// SchemaLoadEnded counts a load by its cause and kind, and records how long it took unless that is 0.
func (m *Metrics) SchemaLoadEnded(cause, kind string, took time.Duration) {
	m.schemaCauses.WithLabelValues(cause, kind).Inc()
	if took > 0 {
		m.schemaKinds.WithLabelValues(kind).Observe(took.Seconds())
	}
}

// ShowSchemaAge registers a gauge that calls current to learn since when what is served is known to be the schema of
// the database. A zero time is told as no number.
func (m *Metrics) ShowSchemaAge(current func() time.Time) {
	m.showAge("trunkline_schema_age_seconds",
		"How long ago the served schema was last known to match the database", current)
}

// SchemaAudited counts a look for changes that were not announced: SAME, CHANGED or FAIL.
func (m *Metrics) SchemaAudited(status string) { m.audits.WithLabelValues(status).Inc() }

// SchemaFailed counts a failed load, by the query that failed: connect if there was no connection, other if it was
// none.
func (m *Metrics) SchemaFailed(query string) {
	m.schemaLoads.WithLabelValues(failure).Inc()
	m.schemaFails.WithLabelValues(query).Inc()
}

// JWTLookup counts a lookup in the cache of tokens.
func (m *Metrics) JWTLookup(hit bool) {
	m.jwtRequests.Inc()
	if hit {
		m.jwtHits.Inc()
	}
}

// JWTEvicted counts a token evicted from the cache.
func (m *Metrics) JWTEvicted() { m.jwtEvictions.Inc() }

// maxSkew is the maximum that is recorded, in seconds, so that an absurd claim does not spoil the sum of all.
const maxSkew = 7 * 24 * 60 * 60

// JWTSkewed records how far a token was outside of the bound of a claim when it was used.
func (m *Metrics) JWTSkewed(claim string, seconds float64, refused bool) {
	outcome := "allowed"
	if refused {
		outcome = "refused"
	}
	m.jwtSkew.WithLabelValues(claim, outcome).Observe(min(seconds, maxSkew))
}

// JWKSFetched counts a fetched document with signing keys.
func (m *Metrics) JWKSFetched() { m.jwksLoads.Inc() }

// JWKSFailed counts a failed fetch of signing keys.
func (m *Metrics) JWKSFailed() { m.jwksErrors.Inc() }

// ClientCut counts a client that was disconnected because it did not read its answer while requests were waiting.
func (m *Metrics) ClientCut() { m.cuts.Inc() }

// The values of the label status of loads.
const (
	success = "SUCCESS"
	failure = "FAIL"
)

// ConfigReloaded counts a reload of the configuration.
func (m *Metrics) ConfigReloaded(ok bool) {
	status := success
	if !ok {
		status = failure
	}
	m.reloads.WithLabelValues(status).Inc()
	m.configCurrent.Set(number(ok))
}

// Listening records whether notifications are received.
func (m *Metrics) Listening(up bool) {
	m.listening.Set(number(up))
}

// Request returns the histogram of requests with these labels. Callers should keep it, because looking it up costs more
// than observing.
func (m *Metrics) Request(method, resource, status string) prometheus.Observer {
	return m.requests.WithLabelValues(method, resource, status)
}

// Refused counts a connection or request that was refused before it was parsed.
func (m *Metrics) Refused(status int) { m.refusals.WithLabelValues(strconv.Itoa(status)).Inc() }

// Stage returns the histogram of one stage.
func (m *Metrics) Stage(name string) prometheus.Observer { return m.stages.WithLabelValues(name) }

// Write writes all metrics in Prometheus' text format.
func (m *Metrics) Write(w io.Writer) error {
	families, err := m.registry.Gather()
	if err != nil {
		return fmt.Errorf("gathering metrics: %w", err)
	}
	encoder := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return fmt.Errorf("writing metrics: %w", err)
		}
	}
	return nil
}
