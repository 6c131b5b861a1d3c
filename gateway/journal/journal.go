package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"trunkline/gateway/metrics"
)

// Journal logs the events of the process, and counts them in the metrics. The messages are PostgREST's if it has them,
// so that tools which read its log work.
type Journal struct {
	log      *slog.Logger
	metrics  *metrics.Metrics
	timeouts *folded
	skewed   rate.Sometimes
	traces   rate.Sometimes
	limits   limits
	// listens and loads are why notifications are not received, and why the schema is not loaded.
	listens, loads failing
}

// ErrLogged is returned for errors that have been logged already.
var ErrLogged = errors.New("see the log")

// timeoutInterval is the interval at which timeouts of the pool are logged.
const timeoutInterval = 5 * time.Second

// New returns a journal that writes to the log and the metrics.
func New(log *slog.Logger, m *metrics.Metrics) *Journal {
	j := &Journal{log: log, metrics: m, skewed: rate.Sometimes{Interval: skewInterval}, traces: rate.Sometimes{Interval: tracesInterval}}
	j.timeouts = &folded{interval: timeoutInterval, action: func() {
		log.Log(context.Background(), LevelFailure, `{"code":"PGRST003","details":null,"hint":null,`+
			`"message":"Timed out acquiring connection from connection pool."}`)
	}}
	return j
}

// Info logs lines unchanged, each as a record of its own at level info.
func (j *Journal) Info(lines ...string) {
	for _, line := range lines {
		j.log.Info(line)
	}
}

// Starting logs the first message.
func (j *Journal) Starting(version string) { j.Info("Starting Trunkline " + version + "...") }

// MemoryLimited logs the limits of the memory of Go's runtime and of the control group, in bytes.
func (j *Journal) MemoryLimited(runtime, group int64) {
	const mebibyte = 1 << 20
	j.Info(fmt.Sprintf("The Go runtime has a memory limit of %.1f MiB, nine tenths of the control group's %.1f MiB.",
		float64(runtime)/mebibyte, float64(group)/mebibyte))
}

// AdminServing logs that the admin server is listening.
func (j *Journal) AdminServing(addr net.Addr) { j.Info("Admin server listening on " + addr.String()) }

// Serving logs that the API server is listening.
func (j *Journal) Serving(addr net.Addr) {
	j.Info("API server listening on " + addr.String())
}

// Signaled logs that the process received a signal to end.
func (j *Journal) Signaled(signal string) {
	j.Info("Received termination unix signal " + signal)
}

// StartingSuccessor logs that the process was asked to hand over.
func (j *Journal) StartingSuccessor() {
	j.Info("Received SIGHUP. Starting a successor, which takes over when it is ready...")
}

// SuccessorFailed logs that the process goes on serving.
func (j *Journal) SuccessorFailed(err error) {
	j.log.Error("The successor was not ready in time, or has exited. This process continues to serve.", errorKey, err)
}

// SuccessorUnwanted logs that a successor was ended because the process itself is going to end.
func (j *Journal) SuccessorUnwanted() {
	j.Info("The successor was ended, because this process was asked to end before it was ready.")
}

// HandedOver logs that another process serves.
func (j *Journal) HandedOver(pid int) {
	j.Info("Handed over to process " + strconv.Itoa(pid) + ".")
}

// ReloadSignaled logs that the process was asked to reload something.
func (j *Journal) ReloadSignaled(what, signal string) {
	j.Info("Received a " + what + " reload signal " + signal)
}

// Failed logs an error.
func (j *Journal) Failed(what string, err error) { j.log.Error(what, errorKey, err) }

// DatabaseUnread logs why the settings in the database, or those of its roles, could not be read. Nil errors are
// skipped.
func (j *Journal) DatabaseUnread(settings, roles error) {
	if settings != nil {
		j.log.Error("Failed to query database settings for the config parameters.", errorKey, settings)
	}
	if roles != nil {
		j.log.Error("Failed to query the role settings.", errorKey, roles)
	}
}

// ConfigReloaded logs that a new configuration is in use, with its warnings.
func (j *Journal) ConfigReloaded(warnings []string) {
	j.metrics.ConfigReloaded(true)
	j.Info(warnings...)
	j.Info("Config reloaded")
}

// ConfigRefused logs why the old configuration stays in use.
func (j *Journal) ConfigRefused(err error) {
	j.metrics.ConfigReloaded(false)
	j.log.Error("Failed reloading config:", errorKey, err)
}

// tracesInterval is the interval at which it is logged that spans could not be sent.
const tracesInterval = time.Minute

// TracesFailed logs that spans of requests could not be sent, not more often than once in a minute.
func (j *Journal) TracesFailed(err error) {
	j.traces.Do(func() { j.log.Warn("Spans could not be sent to the OpenTelemetry collector.", errorKey, err) })
}

// ListenerStopped records that notifications are not received any more, as configured.
func (j *Journal) ListenerStopped() { j.metrics.Listening(false) }

// PoolTimedOut logs that a request did not get a connection in time.
func (j *Journal) PoolTimedOut() {
	j.metrics.PoolTimeout()
	j.timeouts.ask()
}

// ConnectionAsked logs that a request wants a connection. Like the next two, it is for debugging.
func (j *Journal) ConnectionAsked() { j.log.Debug("Trying to borrow a connection from pool") }

// ConnectionBorrowed logs that a request has got a connection.
func (j *Journal) ConnectionBorrowed() { j.log.Debug("Borrowed a connection from the pool") }

// Connection logs a change of the state of a connection.
func (j *Journal) Connection(number uint64, state string) {
	j.log.Debug(fmt.Sprintf("Connection %d %s", number, state))
}

// JWTLookedUp logs a lookup in the cache of tokens, for debugging.
func (j *Journal) JWTLookedUp(hit bool) {
	j.metrics.JWTLookup(hit)
	j.log.Debug("Looked up a JWT in JWT cache")
}

// JWTEvicted logs an eviction from the cache of tokens, for debugging.
func (j *Journal) JWTEvicted() {
	j.metrics.JWTEvicted()
	j.log.Debug("Evicted entry from JWT cache")
}

// KeysFailed logs that signing keys could not be fetched. A password in their URL is not logged.
func (j *Journal) KeysFailed(from string, err error) {
	j.metrics.JWKSFailed()
	if u, malformed := url.Parse(from); malformed == nil {
		from = u.Redacted()
	}
	j.log.Error("Failed to fetch keys from "+from+".", errorKey, err)
}
