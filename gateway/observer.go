package gateway

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"trunkline/gateway/metrics"
	"trunkline/planner/request"
)

// observer records durations in seconds.
type observer interface{ Observe(seconds float64) }

// requestKind are the labels of a request in the metrics.
type requestKind struct {
	method string
	path   pathKind
	status int
}

// observers holds the histograms of requests. Those of a kind of request are looked up once.
type observers struct {
	metrics *metrics.Metrics
	stages  [stages]observer
	// resources are those by name.
	resources resources
	known     atomic.Pointer[map[requestKind]observer]
	mu        sync.Mutex // held while known is replaced
}

func newObservers(m *metrics.Metrics) *observers {
	o := &observers{metrics: m, resources: resources{metrics: m}}
	for s := range stages {
		o.stages[s] = m.Stage(s.String())
	}
	o.known.Store(&map[requestKind]observer{})
	return o
}

// observe records a request and its stages.
func (o *observers) observe(x *exchange, status int) {
	kind, w := requestKind{methodLabel(x.input.Method), x.kind, status}, &x.watch
	histogram, ok := (*o.known.Load())[kind]
	if !ok { // Slow path
		histogram = o.add(kind)
	}
	seconds := time.Since(w.began).Seconds()
	histogram.Observe(seconds)
	o.resources.observe(x, kind.method, status, seconds)
	for s, passed := range w.passed {
		if passed {
			o.stages[s].Observe(w.took[s].Seconds())
		}
	}
}

func (o *observers) add(kind requestKind) observer {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := maps.Clone(*o.known.Load())
	known[kind] = o.metrics.Request(kind.method, kind.path.String(), strconv.Itoa(kind.status))
	o.known.Store(&known)
	return known[kind]
}

// methodLabel returns a label for a method. Clients cannot create new labels.
func methodLabel(method string) string {
	if slices.Contains(usualMethods(), method) {
		return method
	}
	return "other"
}

// usualMethods returns the methods that resources support, most frequent first.
func usualMethods() []string {
	return []string{
		fasthttp.MethodGet, fasthttp.MethodPost, fasthttp.MethodPatch, fasthttp.MethodDelete, fasthttp.MethodHead,
		fasthttp.MethodOptions, fasthttp.MethodPut, request.MethodQuery,
	}
}
