package metrics

import (
	"net/http"
	"slices"
	"strconv"
)

// A rate needs two samples: of a series that begins with its first event, that event is not seen. So the series that
// rules and dashboards look for exist from the start, with zeros.

// expect creates the series whose labels are known. Those of requests are the usual answers, and the errors of the
// gateway and the database; others appear with their first request.
func (m *Metrics) expect() {
	for _, status := range []string{success, failure} {
		m.schemaLoads.WithLabelValues(status)
		m.reloads.WithLabelValues(status)
	}
	for _, status := range []string{"SAME", "CHANGED", failure} {
		m.audits.WithLabelValues(status)
	}
	for _, query := range []string{"connect", "other"} {
		m.schemaFails.WithLabelValues(query)
	}
	for _, limit := range []string{"db-pool-max-per-role", "db-role-rate"} {
		m.limited.WithLabelValues(limit)
	}
	for _, claim := range []string{"exp", "nbf", "iat"} {
		for _, outcome := range []string{"allowed", "refused"} {
			m.jwtSkew.WithLabelValues(claim, outcome)
		}
	}
	for _, status := range refusals() {
		m.refusals.WithLabelValues(strconv.Itoa(status))
	}
	for _, a := range usualAnswers() {
		for _, method := range a.methods {
			m.Request(method, a.resource, strconv.Itoa(a.status))
		}
	}
}

// refusals returns the statuses of the answers to what is not a request.
func refusals() []int {
	return []int{
		http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestURITooLong,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusNotImplemented, http.StatusServiceUnavailable,
		http.StatusHTTPVersionNotSupported,
	}
}

// answers are those with one status, of one kind of resource.
type answers struct {
	resource string
	status   int
	methods  []string
}

func usualAnswers() []answers {
	usual := []answers{
		{"root", http.StatusOK, []string{http.MethodGet}},
		{"relation", http.StatusOK, []string{http.MethodGet, http.MethodHead, http.MethodOptions}},
		{"relation", http.StatusCreated, []string{http.MethodPost}},
		{"relation", http.StatusNoContent, []string{http.MethodPatch, http.MethodDelete}},
		{"routine", http.StatusOK, []string{http.MethodGet, http.MethodPost}},
		{"other", http.StatusNotFound, []string{http.MethodGet}},
	}
	read, failed := []string{http.MethodGet}, []int{
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	for _, status := range slices.Concat(failed, []int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
	}) {
		usual = append(usual, answers{"relation", status, read})
	}
	for _, status := range failed[:2] {
		usual = append(usual, answers{"relation", status, []string{http.MethodPost, http.MethodPatch}},
			answers{"routine", status, []string{http.MethodPost}})
	}
	return usual
}
