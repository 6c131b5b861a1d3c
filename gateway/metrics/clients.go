package metrics

import "github.com/prometheus/client_golang/prometheus"

// Clients holds the figures of the connections of clients at one moment.
type Clients struct {
	// Idle, Receiving, Running and Streaming are the numbers of open connections by state, Max the limit of all of them.
	Idle, Receiving, Running, Streaming, Max int
	// Requests is the number of requests that have begun and not ended.
	Requests int
	// Accepted and Refused are the numbers of connections since the start, Received and Sent those of bytes.
	Accepted, Refused, Received, Sent uint64
	// BodyMemory is the memory that bodies use, MaxBodyMemory what they may use, in bytes.
	BodyMemory, MaxBodyMemory int64
}

// ShowClients registers the figures of the connections of clients. figures is called at each scrape.
func (m *Metrics) ShowClients(figures func() Clients) {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	m.registry.MustRegister(&clients{
		figures:  figures,
		states:   describe("trunkline_client_connections", "Open client connections", "state"),
		most:     describe("trunkline_client_connections_max", "The maximum number of open client connections"),
		requests: describe("trunkline_requests_in_flight", "Requests that are running"),
		accepted: describe("trunkline_client_connections_accepted_total", "Client connections that were accepted"),
		refused:  describe("trunkline_client_connections_refused_total", "Client connections refused because of server-max-connections"),
		received: describe("trunkline_received_bytes_total", "Bytes received from clients, including heads"),
		sent:     describe("trunkline_sent_bytes_total", "Bytes sent to clients, including heads"),
		bodies:   describe("trunkline_body_memory_bytes", "Memory used by request bodies, except small ones"),
		budget:   describe("trunkline_body_memory_max_bytes", "Memory that request bodies may use (server-max-body-memory)"),
	})
}

// clients is a collector, so that the figures are taken once for all series.
type clients struct {
	figures                           func() Clients
	states, most, requests            *prometheus.Desc
	accepted, refused, received, sent *prometheus.Desc
	bodies, budget                    *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *clients) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c *clients) Collect(ch chan<- prometheus.Metric) {
	f := c.figures()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counter := func(desc *prometheus.Desc, value uint64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value))
	}
	gauge(c.states, float64(f.Idle), "idle")
	gauge(c.states, float64(f.Receiving), "receiving")
	gauge(c.states, float64(f.Running), "running")
	gauge(c.states, float64(f.Streaming), "streaming")
	gauge(c.most, float64(f.Max))
	gauge(c.requests, float64(f.Requests))
	counter(c.accepted, f.Accepted)
	counter(c.refused, f.Refused)
	counter(c.received, f.Received)
	counter(c.sent, f.Sent)
	gauge(c.bodies, float64(f.BodyMemory))
	gauge(c.budget, float64(f.MaxBodyMemory))
}
