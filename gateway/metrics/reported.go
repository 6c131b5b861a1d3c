package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// errorClasses are the classes of SQLSTATE of errors (PostgreSQL manual, Appendix A), with that of PostgREST's RAISE
// SQLSTATE 'PTnnn'. A function may raise any other: these count as otherClass, so that users cannot create series.
const errorClasses = "03 08 09 0A 0B 0F 0L 0P 0Z 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 " +
	"53 54 55 57 58 F0 HV P0 PT XX"

const otherClass = "other"

// reported counts the errors of the database by class.
type reported struct {
	errors *prometheus.CounterVec
	// classes are the counters of errorClasses, other is that of all others.
	classes map[string]prometheus.Counter
	other   prometheus.Counter
}

func newReported() reported {
	r := reported{
		errors: counters("trunkline_database_errors_total",
			"Requests that failed because of a database error, by the class of its SQLSTATE", "class"),
		classes: make(map[string]prometheus.Counter),
	}
	for class := range strings.FieldsSeq(errorClasses) {
		r.classes[class] = r.errors.WithLabelValues(class)
	}
	r.other = r.errors.WithLabelValues(otherClass)
	return r
}

// DatabaseReported counts an error of the database by its SQLSTATE.
func (m *Metrics) DatabaseReported(sqlstate string) {
	if counter, ok := m.reported.classes[sqlstate[:min(len(sqlstate), 2)]]; ok {
		counter.Inc()
		return
	}
	m.reported.other.Inc()
}
