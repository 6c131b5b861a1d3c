package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"trunkline/gateway/metrics"
)

// Journal tells the log, and the metrics where there is a number for it, what happens to the process. The sentences
// are PostgREST's where it has them, so that what watches its log understands this one.
type Journal struct {
	log      *slog.Logger
	metrics  *metrics.Metrics
	timeouts *folded
	skewed   rate.Sometimes
	limits   limits
}

// ErrLogged is returned for what the log has told already.
var ErrLogged = errors.New("see the log")

// timeoutInterval is how often it is logged that requests get no connection.
const timeoutInterval = 5 * time.Second

// New returns a journal for both.
func New(log *slog.Logger, m *metrics.Metrics) *Journal {
	j := &Journal{log: log, metrics: m, skewed: rate.Sometimes{Interval: skewInterval}}
	j.timeouts = &folded{interval: timeoutInterval, action: func() {
		log.Log(context.Background(), LevelFailure, `{"code":"PGRST003","details":null,"hint":null,`+
			`"message":"Timed out acquiring connection from connection pool."}`)
	}}
	return j
}

// Say logs lines as they are.
func (j *Journal) Say(lines ...string) {
	for _, line := range lines {
		j.log.Info(line)
	}
}

// Starting is the first entry.
func (j *Journal) Starting(version string) { j.Say("Starting Trunkline " + version + "...") }

// AdminServing logs that the admin server listens.
func (j *Journal) AdminServing(addr net.Addr) { j.Say("Admin server listening on " + addr.String()) }

// Serving logs that the API server listens. The service manager learns it too.
func (j *Journal) Serving(addr net.Addr) {
	j.Say("API server listening on " + addr.String())
	tellServiceManager("READY=1")
}

// Signaled logs that the process was asked to end. The service manager learns it too.
func (j *Journal) Signaled(signal string) {
	j.Say("Received termination unix signal " + signal)
	tellServiceManager("STOPPING=1")
}

// Failed tells what went wrong.
func (j *Journal) Failed(what string, err error) { j.log.Error(what, errorKey, err) }

// DatabaseUnread tells why the settings in the database, or those of its roles, could not be read. What is nil was.
func (j *Journal) DatabaseUnread(settings, roles error) {
	if settings != nil {
		j.log.Error("Failed to query database settings for the config parameters.", errorKey, settings)
	}
	if roles != nil {
		j.log.Error("Failed to query the role settings.", errorKey, roles)
	}
}

// ConfigReloaded logs that a new configuration is in force, and what the log should say of it.
func (j *Journal) ConfigReloaded(warnings []string) {
	j.metrics.ConfigReloaded(true)
	j.Say(warnings...)
	j.Say("Config reloaded")
}

// ConfigRefused tells why the old configuration stays.
func (j *Journal) ConfigRefused(err error) {
	j.metrics.ConfigReloaded(false)
	j.log.Error("Failed reloading config:", errorKey, err)
}

// ListenerStopped logs that notifications are no longer wanted.
func (j *Journal) ListenerStopped() { j.metrics.Listening(false) }

// PoolTimedOut logs that a request got no connection in time.
func (j *Journal) PoolTimedOut() {
	j.metrics.PoolTimeout()
	j.timeouts.ask()
}

// ConnectionAsked logs that a request wants a connection. This and the two below are for debugging.
func (j *Journal) ConnectionAsked() { j.log.Debug("Trying to borrow a connection from pool") }

// ConnectionBorrowed logs that a request has got a connection.
func (j *Journal) ConnectionBorrowed() { j.log.Debug("Borrowed a connection from the pool") }

// Connection logs what has become of a connection of the pool.
func (j *Journal) Connection(number uint64, state string) {
	j.log.Debug(fmt.Sprintf("Connection %d %s", number, state))
}

// JWTLookedUp logs that a token was looked for in the cache, for debugging.
func (j *Journal) JWTLookedUp(hit bool) {
	j.metrics.JWTLookup(hit)
	j.log.Debug("Looked up a JWT in JWT cache")
}

// JWTEvicted logs that a token had to make place for another in the cache, for debugging.
func (j *Journal) JWTEvicted() {
	j.metrics.JWTEvicted()
	j.log.Debug("Evicted entry from JWT cache")
}

// KeysFailed logs that signing keys could not be fetched. A password in their URL is not shown.
func (j *Journal) KeysFailed(from string, err error) {
	j.metrics.JWKSFailed()
	if u, malformed := url.Parse(from); malformed == nil {
		from = u.Redacted()
	}
	j.log.Error("Failed to fetch keys from "+from+".", errorKey, err)
}
