package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"trunkline/notify"
)

// Listener logs the events of the listener for notifications.
func (j *Journal) Listener(o notify.Observation) {
	switch o.Kind {
	case notify.Listening:
		j.listenerConnected(o.Server, o.Address, o.Channel)
	case notify.Received:
		j.notified(o.Channel, o.Payload)
	case notify.Proven:
		j.triggersFound(triggersText(o.Triggers), o.Channel)
	case notify.Failed:
		j.listenerFailed(o.Err, o.Channel, o.Delay)
	}
}

// triggersText describes the state of the event triggers of --watch-ddl.
func triggersText(found notify.Triggers) string {
	switch found {
	case notify.Intact:
		return "announce every change of the schema"
	case notify.Outdated:
		return "announce every change of the schema, but are from an older version, which reports less about what changed; " +
			"install them again (trunkline watch-ddl install)"
	case notify.Elsewhere:
		return "notify on a different channel; install them again"
	case notify.Altered:
		return "are not as this version installs them; install them again"
	default:
		return "were removed"
	}
}

// listenerConnected logs that notifications are received.
func (j *Journal) listenerConnected(server, address, channel string) {
	j.metrics.Listening(true)
	j.listens.over()
	// The path of a unix socket ends with the port.
	address = strings.Replace(address, "/.s.PGSQL.", ":", 1)
	j.Info(fmt.Sprintf("Listener connected to PostgreSQL %s on %q and listening for database notifications on the %q channel",
		server, address, channel))
}

// triggersFound logs the state of the event triggers that announce changes of the schema.
func (j *Journal) triggersFound(what, channel string) {
	j.Info(fmt.Sprintf("The event triggers for the %q channel %s", channel, what))
}

// listenerFailed logs that notifications are not received, and when the next attempt is made.
func (j *Journal) listenerFailed(err error, channel string, delay time.Duration) {
	j.metrics.Listening(false)
	if text, ok := ConnectText(err); ok {
		err = errors.New(text)
	}
	what := fmt.Sprintf("Failed listening for database notifications on the %q channel", channel)
	if times := j.listens.again(textOf(slog.AnyValue(err))); times > 1 {
		j.stillFailing(what, times, delay)
		return
	}
	j.log.Error(what+".", errorKey, err)
	j.Info(fmt.Sprintf("Retrying listening for database notifications in %.0f seconds...", delay.Seconds()))
}

// notified logs a notification, unless its payload is unknown. Those of commands are logged at level debug only: the
// load that they cause is logged too.
func (j *Journal) notified(channel, payload string) {
	switch {
	case strings.HasPrefix(payload, `reload schema [""`):
		j.log.Debug(fmt.Sprintf("Received %s on the %q channel", payload, channel))
	case payload == "" || payload == "reload schema" || strings.HasPrefix(payload, "reload schema "):
		j.Info(fmt.Sprintf("Received a schema cache reload message on the %q channel", channel))
	case payload == "reload config":
		j.Info(fmt.Sprintf("Received a config reload message on the %q channel", channel))
	}
}
