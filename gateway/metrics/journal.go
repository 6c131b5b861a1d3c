package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"
)

// Journal tells the log, and the metrics where there is a number for it, what happens to the process. The sentences
// are PostgREST's where it has them, so that what watches its log understands this one.
type Journal struct {
	log      *slog.Logger
	metrics  *Metrics
	timeouts *folded
}

// timeoutInterval is how often it is logged that requests get no connection.
const timeoutInterval = 5 * time.Second

// NewJournal returns a journal for both.
func NewJournal(log *slog.Logger, m *Metrics) *Journal {
	return &Journal{log: log, metrics: m, timeouts: &folded{interval: timeoutInterval, action: func() {
		log.Log(context.Background(), LevelFailure, `{"code":"PGRST003","details":null,"hint":null,`+
			`"message":"Timed out acquiring connection from connection pool."}`)
	}}}
}

// Say logs lines as they are.
func (j *Journal) Say(lines ...string) {
	for _, line := range lines {
		j.log.Info(line)
	}
}

// Starting is the first entry.
func (j *Journal) Starting(version string) { j.Say("Starting Trunkline " + version + "...") }

// AdminServing tells that the admin server listens.
func (j *Journal) AdminServing(addr net.Addr) { j.Say("Admin server listening on " + addr.String()) }

// Serving tells that the API server listens. The service manager learns it too.
func (j *Journal) Serving(addr net.Addr) {
	j.Say("API server listening on " + addr.String())
	tellServiceManager("READY=1")
}

// Signaled tells that the process was asked to end. The service manager learns it too.
func (j *Journal) Signaled(signal string) {
	j.Say("Received termination unix signal " + signal)
	tellServiceManager("STOPPING=1")
}

// Failed tells what went wrong.
func (j *Journal) Failed(what string, err error) { j.log.Error(what, ErrorKey, err) }

// DatabaseUnread tells why the settings in the database, or those of its roles, could not be read. What is nil was.
func (j *Journal) DatabaseUnread(settings, roles error) {
	if settings != nil {
		j.log.Error("Failed to query database settings for the config parameters.", ErrorKey, settings)
	}
	if roles != nil {
		j.log.Error("Failed to query the role settings.", ErrorKey, roles)
	}
}

// ConfigReloaded tells that a new configuration is in force, and what the log should say of it.
func (j *Journal) ConfigReloaded(warnings []string) {
	j.metrics.ConfigReloaded(true)
	j.Say(warnings...)
	j.Say("Config reloaded")
}

// ConfigRefused tells why the old configuration stays.
func (j *Journal) ConfigRefused(err error) {
	j.metrics.ConfigReloaded(false)
	j.log.Error("Failed reloading config:", ErrorKey, err)
}

// DatabaseConnected tells of the connection that the schema is loaded by.
func (j *Journal) DatabaseConnected(server string, poolSize int) {
	j.Say("Successfully connected to "+server,
		fmt.Sprintf("Connection Pool initialized with a maximum size of %d connections", poolSize))
}

// DatabaseUnreachable tells that there is no such connection.
func (j *Journal) DatabaseUnreachable(err error) {
	j.metrics.SchemaFailed()
	j.log.Error("Failed to query the PostgreSQL version.", ErrorKey, err)
}

// SchemaQueried tells how long the catalog took to read, as a whole and in parts.
func (j *Journal) SchemaQueried(took time.Duration, parts string) {
	j.Say("Schema cache queried in " + milliseconds(took) + " milliseconds")
	j.log.Debug(parts)
}

// SchemaLoaded tells what is served since. Unchanged tells that it is what was served before.
func (j *Journal) SchemaLoaded(summary string, queried, took time.Duration, generation uint64, unchanged bool) {
	j.metrics.SchemaLoaded(queried, generation)
	if unchanged {
		summary += " (unchanged)"
	}
	j.Say("Schema cache loaded "+summary, "Schema cache loaded in "+milliseconds(took)+" milliseconds")
}

// SchemaFailed tells why the catalog could not be read.
func (j *Journal) SchemaFailed(err error, schemas, extraSearchPath []string) {
	j.metrics.SchemaFailed()
	j.log.Error("Failed to load the schema cache using db-schemas="+strings.Join(schemas, ",")+
		" and db-extra-search-path="+strings.Join(extraSearchPath, ",")+".", ErrorKey, err)
}

// SchemaRetries tells when the next attempt comes.
func (j *Journal) SchemaRetries(delay time.Duration) {
	j.Say(fmt.Sprintf("Attempting to reconnect to the database in %.0f seconds...", delay.Seconds()))
}

// ListenerConnected tells that notifications are received.
func (j *Journal) ListenerConnected(server, address, channel string) {
	j.metrics.Listening(true)
	// The path of a unix socket ends in the port.
	address = strings.Replace(address, "/.s.PGSQL.", ":", 1)
	j.Say(fmt.Sprintf("Listener connected to PostgreSQL %s on %q and listening for database notifications on the %q channel",
		server, address, channel))
}

// TriggersFound tells what has become of the event triggers that announce changes of the schema.
func (j *Journal) TriggersFound(what, channel string) {
	j.Say(fmt.Sprintf("The event triggers for the %q channel %s", channel, what))
}

// ListenerFailed tells that notifications are not received, and when the next attempt to connect comes.
func (j *Journal) ListenerFailed(err error, channel string, delay time.Duration) {
	j.metrics.Listening(false)
	j.log.Error(fmt.Sprintf("Failed listening for database notifications on the %q channel.", channel), ErrorKey, err)
	j.Say(fmt.Sprintf("Retrying listening for database notifications in %.0f seconds...", delay.Seconds()))
}

// ListenerStopped tells that notifications are no longer wanted.
func (j *Journal) ListenerStopped() { j.metrics.Listening(false) }

// Notified tells of a notification. Those that mean nothing are not logged.
func (j *Journal) Notified(channel, payload string) {
	switch {
	case payload == "" || payload == "reload schema" || strings.HasPrefix(payload, "reload schema "):
		j.Say(fmt.Sprintf("Received a schema cache reload message on the %q channel", channel))
	case payload == "reload config":
		j.Say(fmt.Sprintf("Received a config reload message on the %q channel", channel))
	}
}

// PoolTimedOut tells that a request got no connection in time.
func (j *Journal) PoolTimedOut() {
	j.metrics.PoolTimeout()
	j.timeouts.ask()
}

// KeysFailed tells that signing keys could not be fetched. A password in their URL is not shown.
func (j *Journal) KeysFailed(from string, err error) {
	j.metrics.JWKSFailed()
	if u, malformed := url.Parse(from); malformed == nil {
		from = u.Redacted()
	}
	j.log.Error("Failed to fetch keys from "+from+".", ErrorKey, err)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}
