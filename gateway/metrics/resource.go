package metrics

import (
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Resource holds the metrics of requests that name one relation or function. It is safe for concurrent use.
type Resource struct {
	requests *prometheus.CounterVec // with the labels of the resource
	seconds  prometheus.Observer
	// known are the counters that were used, which are looked up once.
	known atomic.Pointer[map[outcome]prometheus.Counter]
	mu    sync.Mutex // held while known is replaced
}

// outcome is the method of a request and the first digit of its status.
type outcome struct {
	method string
	digit  int
}

// statusClasses are the values of the label status, by the first digit.
var statusClasses = [...]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}

// Resource creates the series of a relation or function, or of the rest. Callers must bound how many there are.
func (m *Metrics) Resource(resource, name string) *Resource {
	labels := prometheus.Labels{"resource": resource, "name": name}
	r := &Resource{requests: m.resourceRequests.MustCurryWith(labels), seconds: m.resourceSeconds.With(labels)}
	usual := map[outcome]prometheus.Counter{}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, digit := range []int{2, 4, 5} {
			usual[outcome{method, digit}] = r.requests.WithLabelValues(method, statusClasses[digit])
		}
	}
	r.known.Store(&usual)
	return r
}

// ForgetResource removes the series of a relation or function.
func (m *Metrics) ForgetResource(resource, name string) {
	labels := prometheus.Labels{"resource": resource, "name": name}
	m.resourceRequests.DeletePartialMatch(labels)
	m.resourceSeconds.DeletePartialMatch(labels)
}

// Observe counts a request and records its duration. method must be one of a bounded number.
func (r *Resource) Observe(method string, status int, seconds float64) {
	r.Count(method, status)
	r.seconds.Observe(seconds)
}

// Count counts a request. method must be one of a bounded number.
func (r *Resource) Count(method string, status int) {
	o := outcome{method, status / 100}
	if o.digit >= len(statusClasses) {
		o.digit = 0 // a function may set any status up to 999
	}
	counter, ok := (*r.known.Load())[o]
	if !ok { // Slow path
		counter = r.add(o)
	}
	counter.Inc()
}

func (r *Resource) add(o outcome) prometheus.Counter {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := maps.Clone(*r.known.Load())
	known[o] = r.requests.WithLabelValues(o.method, statusClasses[o.digit])
	r.known.Store(&known)
	return known[o]
}
