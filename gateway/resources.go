package gateway

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"trunkline/cache"
	"trunkline/gateway/metrics"
)

// resources holds the metrics of relations and functions by name (admin-metrics-relations). Only names that are in the
// snapshot get metrics of their own, and at most as many as configured. All other requests count as one resource, so
// that clients cannot create series.
type resources struct {
	metrics *metrics.Metrics
	mu      sync.Mutex                     // held while known is replaced
	known   atomic.Pointer[knownResources] // nil if there are no metrics by name
}

// knownResources are the metrics by name at one time. It is immutable.
type knownResources struct {
	most  int
	named map[resource]*metrics.Resource
	other *metrics.Resource
	// swept is the snapshot that the names were last compared with, because there was no room.
	swept *cache.Snapshot
}

// resource is a relation or function.
type resource struct {
	kind pathKind
	name cache.QualifiedName
}

// text returns the name as the value of a label.
func (r *resource) text() string { return r.name.Schema + "." + r.name.Name }

// existsIn reports whether a snapshot has the resource.
func (r *resource) existsIn(s *cache.Snapshot) bool {
	switch r.kind {
	case relationPath:
		return s.Table(r.name) != nil
	case routinePath:
		return len(s.Routines(r.name)) > 0
	default:
		return false
	}
}

// setMost sets how many names have metrics, 0 for none. The metrics of all names begin anew if that changes.
func (r *resources) setMost(most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.known.Load()
	if old == nil && most == 0 || old != nil && old.most == most {
		return
	}
	if old != nil {
		for known := range old.named {
			r.metrics.ForgetResource(known.kind.String(), known.text())
		}
		r.metrics.ForgetResource(otherPath.String(), otherPath.String())
	}
	if most == 0 {
		r.known.Store(nil)
		return
	}
	r.known.Store(&knownResources{
		most: most, named: map[resource]*metrics.Resource{},
		other: r.metrics.Resource(otherPath.String(), otherPath.String()),
	})
}

// observe records a request, if there are metrics by name.
func (r *resources) observe(x *exchange, method string, status int, seconds float64) {
	known := r.known.Load()
	if known == nil { // Fast path
		return
	}
	r.of(known, x).Observe(method, status, seconds)
}

// count counts an operation of a batch, if there are metrics by name. It takes no time of its own.
func (r *resources) count(x *exchange, status int) {
	known := r.known.Load()
	if known == nil { // Fast path
		return
	}
	if x.kind = relationPath; x.request != nil && x.request.Action.Calls() { // which nothing has routed
		x.kind = routinePath
	}
	r.of(known, x).Count(methodLabel(x.input.Method), status)
}

// of returns the metrics of what a request names.
func (r *resources) of(known *knownResources, x *exchange) *metrics.Resource {
	if x.request == nil || x.snapshot == nil {
		return known.other
	}
	named := resource{x.kind, cache.QualifiedName{Schema: x.request.Schema, Name: x.request.Resource}}
	if m := known.named[named]; m != nil {
		return m
	}
	if !named.existsIn(x.snapshot) || len(known.named) >= known.most && known.swept == x.snapshot {
		return known.other
	}
	if m := r.add(named, x.snapshot); m != nil { // Slow path
		return m
	}
	return known.other
}

// add creates the metrics of a resource. If there are as many as there may be, those that the snapshot does not have any
// more make room. It returns nil if there is no room.
func (r *resources) add(named resource, snapshot *cache.Snapshot) *metrics.Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.known.Load()
	if old == nil {
		return nil
	}
	if m := old.named[named]; m != nil {
		return m
	}
	known := *old
	known.named = maps.Clone(old.named)
	defer r.known.Store(&known)
	if len(known.named) >= known.most {
		known.swept = snapshot
		maps.DeleteFunc(known.named, func(n resource, _ *metrics.Resource) bool {
			gone := !n.existsIn(snapshot)
			if gone {
				r.metrics.ForgetResource(n.kind.String(), n.text())
			}
			return gone
		})
	}
	if len(known.named) >= known.most {
		return nil
	}
	named.name = cache.QualifiedName{ // which refers to the request's buffer
		Schema: strings.Clone(named.name.Schema), Name: strings.Clone(named.name.Name),
	}
	m := r.metrics.Resource(named.kind.String(), named.text())
	known.named[named] = m
	return m
}
