package journal

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"trunkline/cache"
)

// Schema logs the events of a schema store.
type Schema struct {
	journal  *Journal
	poolSize int
	stored   string // schema-cache-uri

	queried time.Duration // duration of the last read of the catalog
}

// Schema returns an observer of a store's events. poolSize is db-pool, stored is schema-cache-uri.
func (j *Journal) Schema(poolSize int, stored string) *Schema {
	causes, kinds := []string{}, []string{failedKind}
	for _, cause := range cache.Causes() {
		causes = append(causes, string(cause))
	}
	for _, kind := range cache.Kinds() {
		kinds = append(kinds, string(kind))
	}
	j.metrics.ExpectSchemaLoads(causes, kinds)
	return &Schema{journal: j, poolSize: poolSize, stored: stored}
}

// failedKind is what a load that has failed is counted as.
const failedKind = "failed"

// ended counts a load. One that was asked for and has found nothing is logged, because nothing else is.
func (s *Schema) ended(e cache.Ended) {
	kind := cmp.Or(string(e.Kind), failedKind)
	s.journal.metrics.SchemaLoadEnded(string(e.Causes[0]), kind, e.Took)
	if e.Kind == cache.KindNone && e.Took > 0 {
		s.journal.Info("Schema cache compared with the database in " + milliseconds(e.Took) + " milliseconds (" +
			string(e.Causes[0]) + "): nothing to be loaded")
	}
}

// Observe logs an event. Calls must not be concurrent.
func (s *Schema) Observe(event cache.Event) {
	switch event.(type) {
	case cache.Published, cache.Unchanged, cache.Updated, cache.TakenOver:
		s.journal.loads.over()
	}
	switch e := event.(type) {
	case cache.Connected:
		s.journal.databaseConnected(e.Server, e.Pooled, s.poolSize)
	case cache.Queried:
		s.queried = e.Elapsed
		s.journal.schemaQueried(e.Elapsed, timingsText(e.Timings))
	case cache.Published:
		s.journal.schemaLoaded(e.Summary.String(), s.queried, e.Elapsed, e.Generation, false)
	case cache.Unchanged:
		s.journal.schemaLoaded(e.Summary.String(), s.queried, e.Elapsed, e.Generation, true)
	case cache.Updated:
		s.journal.schemaUpdated(e)
	case cache.TakenOver:
		s.takenOver(e)
	case cache.Failed:
		s.failed(e)
	case cache.Ended:
		s.ended(e)
	case cache.Restored:
		s.journal.Info(fmt.Sprintf("Schema cache restored from %s in %s milliseconds, and served until the database has been queried: %s",
			s.stored, milliseconds(e.Elapsed), e.Summary))
	case cache.PassedOver:
		s.journal.log.Error("The stored schema cache "+s.stored+" is not used.", errorKey, e.Err)
	case cache.Unstored:
		s.journal.log.Error("The schema cache is not stored.", errorKey, e.Err)
	}
}

// takenOver logs in one line that another process has loaded the schema.
func (s *Schema) takenOver(e cache.TakenOver) {
	s.journal.metrics.SchemaLoaded(e.Read, e.Generation)
	summary := e.Summary.String()
	if e.Unchanged {
		summary += " (unchanged)"
	}
	s.journal.Info(fmt.Sprintf("Schema cache taken over from %s in %s milliseconds, of which waiting and reading took %s: %s",
		s.stored, milliseconds(e.Read+e.Elapsed), milliseconds(e.Read), summary))
}

func (s *Schema) failed(e cache.Failed) {
	var fatal *cache.FatalError
	var unreachable *cache.ConnectError
	times := s.journal.loads.again(errorText(e.Err))
	switch {
	case errors.As(e.Err, &fatal) && fatal.Unsupported:
		s.journal.Failed("Cannot run in this PostgreSQL version.", fatal.Err)
	case errors.As(e.Err, &fatal):
		s.journal.Failed("Failed to establish a connection.", fatal.Err)
	case errors.As(e.Err, &unreachable):
		s.journal.databaseUnreachable(unreachable.Err, times, e.RetryIn)
	default:
		s.journal.schemaFailed(e, times)
	}
	if e.RetryIn > 0 && times == 1 {
		s.journal.schemaRetries(e.RetryIn)
	}
}

// timingsText formats how long the parts of a load took: "tables: 1.5 ms, rels: 0.4 ms".
func timingsText(timings []cache.Timing) string {
	parts := make([]string, len(timings))
	for i, t := range timings {
		parts[i] = fmt.Sprintf("%s: %.1f ms", t.Part, float64(t.Elapsed)/float64(time.Millisecond))
	}
	return strings.Join(parts, ", ")
}

// databaseConnected logs the connection for loading the schema.
func (j *Journal) databaseConnected(server string, pooled bool, poolSize int) {
	j.Info("Successfully connected to "+server,
		fmt.Sprintf("Connection Pool initialized with a maximum size of %d connections", poolSize))
	if pooled {
		j.Info("A connection pooler is between the gateway and PostgreSQL: no state is kept on a connection between transactions.")
	}
}

// databaseUnreachable logs that the database cannot be reached.
func (j *Journal) databaseUnreachable(err error, times int, retryIn time.Duration) {
	j.metrics.SchemaFailed("connect")
	const what = "Failed to query the PostgreSQL version"
	if times > 1 {
		j.stillFailing(what, times, retryIn)
		return
	}
	j.log.Error(what+".", errorKey, err)
}

// schemaQueried logs how long reading the catalog took, in total and in parts.
func (j *Journal) schemaQueried(took time.Duration, parts string) {
	j.Info("Schema cache queried in " + milliseconds(took) + " milliseconds")
	j.log.Debug(parts)
}

// schemaLoaded logs a successful load. unchanged is set if the snapshot stays the same.
func (j *Journal) schemaLoaded(summary string, queried, took time.Duration, generation uint64, unchanged bool) {
	j.metrics.SchemaLoaded(queried, generation)
	if unchanged {
		summary += " (unchanged)"
	}
	j.Info("Schema cache loaded "+summary, "Schema cache loaded in "+milliseconds(took)+" milliseconds")
}

// schemaUpdated logs in one line what is served since commands have changed a part of the schema.
func (j *Journal) schemaUpdated(e cache.Updated) {
	j.metrics.SchemaLoaded(e.Read, e.Generation)
	summary := e.Summary.String()
	if e.Unchanged {
		summary += " (unchanged)"
	}
	j.Info(fmt.Sprintf("Schema cache updated after %s in %s milliseconds, of which the queries took %s: %s",
		strings.Join(e.Commands, ", "), milliseconds(e.Read+e.Elapsed), milliseconds(e.Read), summary))
}

// schemaFailed logs why the catalog could not be read: first in the words of PostgREST, then what these lack.
func (j *Journal) schemaFailed(e cache.Failed, times int) {
	query := "other"
	var failed *cache.QueryError
	if errors.As(e.Err, &failed) {
		query = failed.Query
	}
	j.metrics.SchemaFailed(query)
	if times > 1 {
		j.stillFailing("Failed to load the schema cache", times, e.RetryIn)
		return
	}
	j.log.Error("Failed to load the schema cache using db-schemas="+strings.Join(e.Options.Schemas, ",")+
		" and db-extra-search-path="+strings.Join(e.Options.ExtraSearchPath, ",")+".", errorKey, e.Err)
	if failed != nil {
		j.Info("The query that failed is " + failed.Query)
	}
}

// SchemaAudited logs what a look for changes that were not announced has found.
func (j *Journal) SchemaAudited(found cache.Audited) {
	switch {
	case found.Err != nil:
		j.metrics.SchemaAudited("FAIL")
		if _, connecting := ConnectText(found.Err); !connecting { // which loads tell of
			j.log.Warn("The audit of the schema failed", errorKey, found.Err)
		}
	case len(found.Differs) == 0:
		j.metrics.SchemaAudited("SAME")
		j.log.Debug("The audit of the schema found nothing in " + milliseconds(found.Elapsed) + " milliseconds")
	default:
		j.metrics.SchemaAudited("CHANGED")
		j.Info(fmt.Sprintf("The audit of the schema found changes that were not announced, in %s milliseconds: %s",
			milliseconds(found.Elapsed), strings.Join(found.Differs, ", ")))
	}
}

// schemaRetries logs when the next attempt is made.
func (j *Journal) schemaRetries(delay time.Duration) {
	j.Info(fmt.Sprintf("Attempting to reconnect to the database in %.0f seconds...", delay.Seconds()))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}

// SchemaUnstored logs that the schema could not be written to schema-cache-dump-path.
func (j *Journal) SchemaUnstored(err error) {
	j.log.Error("Failed to write the schema cache to schema-cache-dump-path.", errorKey, err)
}
