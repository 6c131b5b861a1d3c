package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
)

// SchemaOptions says what a configuration wants loaded of the schema.
func SchemaOptions(cfg *config.Config) cache.Options {
	return cache.Options{
		Schemas: cfg.DBSchemas, ExtraSearchPath: cfg.DBExtraSearchPath, HoistedSettings: cfg.DBHoistedTxSettings,
	}
}

// SchemaJournal tells a journal of the loads of the schema.
type SchemaJournal struct {
	Journal *metrics.Journal
	// PoolSize is db-pool. Unreachable is told of each load that had no connection.
	PoolSize    int
	Unreachable func()

	queried time.Duration // how long the catalog took to read last
}

// Observe takes the events of one store.
func (s *SchemaJournal) Observe(event cache.Event) {
	switch e := event.(type) {
	case cache.Connected:
		s.Journal.DatabaseConnected(e.Server, s.PoolSize)
	case cache.Queried:
		s.queried = e.Elapsed
		s.Journal.SchemaQueried(e.Elapsed, timingsText(e.Timings))
	case cache.Published:
		s.Journal.SchemaLoaded(e.Summary.String(), s.queried, e.Elapsed, e.Generation, false)
	case cache.Unchanged:
		s.Journal.SchemaLoaded(e.Summary.String(), s.queried, e.Elapsed, e.Generation, true)
	case cache.Failed:
		s.failed(e)
	}
}

func (s *SchemaJournal) failed(e cache.Failed) {
	var fatal *cache.FatalError
	var unreachable *cache.ConnectError
	switch {
	case errors.As(e.Err, &fatal) && fatal.Reason == cache.UnsupportedVersion:
		s.Journal.Failed("Cannot run in this PostgreSQL version.", fatal.Err)
	case errors.As(e.Err, &fatal):
		s.Journal.Failed("Failed to establish a connection.", fatal.Err)
	case errors.As(e.Err, &unreachable):
		s.Journal.DatabaseUnreachable(unreachable.Err)
		s.Unreachable()
	default:
		s.Journal.SchemaFailed(e.Err, e.Options.Schemas, e.Options.ExtraSearchPath)
	}
	if e.RetryIn > 0 {
		s.Journal.SchemaRetries(e.RetryIn)
	}
}

// timingsText shows how long the parts of a schema took to load: "tables: 1.5 ms, rels: 0.4 ms".
func timingsText(timings []cache.Timing) string {
	parts := make([]string, len(timings))
	for i, t := range timings {
		parts[i] = fmt.Sprintf("%s: %.1f ms", t.Part, float64(t.Elapsed)/float64(time.Millisecond))
	}
	return strings.Join(parts, ", ")
}
