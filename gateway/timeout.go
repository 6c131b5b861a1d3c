package gateway

import (
	"strings"
	"time"

	"trunkline/cache"
	"trunkline/gateway/config"
	"trunkline/planner/apierr"
	"trunkline/planner/request"
)

// A client may shorten the statement timeout of its request with Prefer: handling=strict, timeout=SECONDS. More than
// the role has, or than the connections have if the role has none of its own, is refused.

// timeouts holds the statement timeouts of roles, 0 for none.
type timeouts struct {
	roles map[string]time.Duration
	// all is that of roles without one of their own.
	all time.Duration
}

func newTimeouts(roles *config.Roles) timeouts {
	t := timeouts{roles: make(map[string]time.Duration), all: roles.StatementTimeout}
	for role, settings := range roles.Settings {
		if own, ok := statementTimeout(settings); ok {
			t.roles[role] = own
		}
	}
	return t
}

// of returns the statement timeout of a role, 0 for none.
func (t *timeouts) of(role string) time.Duration {
	if own, ok := t.roles[role]; ok {
		return own
	}
	return t.all
}

// statementTimeout returns the last setting of statement_timeout, and whether there is one.
func statementTimeout(settings []cache.Setting) (timeout time.Duration, ok bool) {
	for i := range settings {
		if strings.EqualFold(settings[i].Name, "statement_timeout") {
			timeout, ok = config.ParseTimeout(settings[i].Value)
		}
	}
	return timeout, ok
}

// checkTimeout refuses a timeout beyond that of the role.
func (x *exchange) checkTimeout() *apierr.Error {
	asked := x.askedTimeout()
	if asked == 0 { // Fast path
		return nil
	}
	if most := x.settings.timeouts.of(x.identity.Role); most > 0 && asked > most {
		return apierr.TimeoutExceeded(int64(most / time.Second))
	}
	return nil
}

// askedTimeout returns the statement timeout that the client asks for, or 0. That of a batch holds for each operation.
func (x *exchange) askedTimeout() time.Duration {
	if x.batchTimeout > 0 {
		return x.batchTimeout
	}
	if p := &x.request.Preferences; p.Handling == request.HandlingStrict {
		return time.Duration(p.Timeout) * time.Second
	}
	return 0
}

// timeout returns the statement timeout to be set, in seconds, or 0 if that of the role or of the called routine, which
// is shorter, stays.
func (x *exchange) timeout(routine []cache.Setting) int64 {
	asked := x.askedTimeout()
	if own, ok := statementTimeout(routine); ok && own > 0 && own < asked {
		return 0
	}
	return int64(asked / time.Second)
}
