package gateway

import (
	"trunkline/cache"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// render makes the statements of a request.
func (x *exchange) render() *exec.Job {
	p, job := x.plan, x.renderSession()
	job.Main = pgsql.Main(p, pgsql.Options{
		Traceparent: x.traceparent(), NothingSet: job.Pure && job.PreRequest.Empty() && len(x.roleSettings()) == 0,
	})
	job.Explain, job.Lines = pgsql.Explain(p), p.Media.Kind == request.MediaPlan
	if !p.ReadOnly && x.mayFailCheck() {
		job.Check = x.check
	}
	return job
}

// renderSession makes what all jobs have: the request's session and how its transaction goes.
func (x *exchange) renderSession() *exec.Job {
	pure, sees := x.plan.Pure && x.current(), cache.AllSettings
	if pure && x.settings.preRequest.Empty() {
		sees = x.plan.Sees
	}
	if sees.Has(cache.SettingOther) {
		sees = cache.AllSettings
	}
	settings := x.session(sees)
	x.job = exec.Job{Quick: x.plan.Quick, Provable: x.plan.Pure && x.plan.ReadOnly}
	x.job.Job = session.Job{
		Settings:   pgsql.SetSession(&settings),
		PreRequest: x.settings.preRequest,
		Role:       x.identity.Role,
		ReadOnly:   x.plan.ReadOnly,
		Pure:       pure,
		RoleOnly: pure && sees == cache.NoSettings && len(settings.RoleSettings) == 0 && !settings.HasTimezone &&
			x.plan.Media.Kind != request.MediaPlan,
		RoleBound:     !pure || x.plan.RoleBound,
		AsLogin:       len(settings.RoleSettings) > 0,
		Tampers:       x.snapshot.DynamicSQL && !pure,
		Authenticated: !x.identity.Anonymous,
		Isolation:     x.isolation(),
		Rollback:      x.rollsBack(),
		Stream:        true,
		Dst:           x.answer.takeBuffer(),
	}
	if x.client != nil {
		x.job.Client = x.client
	}
	return &x.job
}

// current reports whether the snapshot is known to be the schema as it is. Otherwise a plan that was pure when the
// snapshot was made may not be any more: a policy that calls a function needs no reload to be in force. A standby may
// lag behind what is announced.
func (x *exchange) current() bool {
	return x.watched != nil && !x.snapshot.Standby && x.watched(x.snapshot)
}

// traceparent is the trace that the request is part of, if that is to be told to the database, else "".
func (x *exchange) traceparent() string {
	trace := x.head.traceparent.Value
	if !x.settings.config.DBTraceComment || !pgsql.ValidTraceparent(trace) {
		return ""
	}
	return trace
}

// roleSettings are those of the request's role.
func (x *exchange) roleSettings() []cache.Setting { return x.settings.roleSettings[x.identity.Role] }

// session returns the settings of the request's transaction, of which its statements see some.
func (x *exchange) session(sees cache.Settings) pgsql.Session {
	s := pgsql.Session{
		RoleSettings: x.roleSettings(),
		Role:         x.identity.Role,
		Timezone:     x.request.Preferences.Timezone,
		HasTimezone:  x.request.Preferences.HasTimezone,
		ReadOnly:     x.plan.ReadOnly || x.settings.config.Roles.ReadOnly[x.identity.Role],
	}
	if sees.Has(cache.SettingSearchPath) {
		s.SearchPath = x.settings.searchPaths[x.request.Schema]
	}
	if sees.Has(cache.SettingClaims) {
		s.Claims = x.identity.Claims
	}
	if sees.Has(cache.SettingApp) {
		s.AppSettings = x.settings.appSettings
	}
	x.seeRequest(&s, sees)
	if x.plan.Call != nil {
		s.RoutineSettings = x.plan.Call.Routine.Settings
	}
	return s
}

// seeRequest adds what the statements see of the HTTP request.
func (x *exchange) seeRequest(s *pgsql.Session, sees cache.Settings) {
	if sees.Has(cache.SettingMethod) {
		s.Method = x.input.Method
	}
	if sees.Has(cache.SettingPath) {
		s.Path = x.input.Path
	}
	if sees.Has(cache.SettingHeaders) {
		x.headers = x.head.appendHeaders(x.headers[:0])
		s.Headers = x.headers
	}
	if sees.Has(cache.SettingCookies) {
		x.cookies = x.head.appendCookies(x.cookies[:0])
		s.Cookies = x.cookies
	}
}

// isolation is the transaction's isolation level: the routine's own, else the role's.
func (x *exchange) isolation() string {
	if call := x.plan.Call; call != nil && call.Routine.Isolation != "" {
		return call.Routine.Isolation
	}
	return x.settings.config.Roles.Isolation[x.identity.Role]
}

// rollsBack reports whether the transaction is to be undone, by configuration or by the client's wish.
func (x *exchange) rollsBack() bool {
	asked := x.request.Preferences.Transaction
	return asked == request.TxRollback || x.settings.config.DBTxRollback && asked != request.TxCommit
}

// mayFailCheck reports whether there is anything to check about the number of rows.
func (x *exchange) mayFailCheck() bool {
	p := x.plan
	return p.Media.Kind != request.MediaPlan &&
		(p.Action == request.ActionUpsert || p.Media.Kind == request.MediaObject || x.limitsAffected())
}

// limitsAffected reports whether the client bounds the rows that may be affected, and the action honours that.
func (x *exchange) limitsAffected() bool {
	preferences := &x.request.Preferences
	if !preferences.HasMaxAffected || preferences.Handling != request.HandlingStrict {
		return false
	}
	action := x.plan.Action
	return action == request.ActionUpdate || action == request.ActionDelete || action.Calls()
}

// check looks at the number of rows before anything is committed: a PUT must have written its one row, a single object
// must be one, and no more rows may be affected than the client allows.
func (x *exchange) check(r *exec.Answer) *apierr.Error {
	p := x.plan
	switch {
	case !x.mayFailCheck():
		return nil
	case p.Action == request.ActionUpsert:
		if r.PageTotal != 1 {
			return apierr.PutKeyMismatch()
		}
	case p.Media.Kind == request.MediaObject && r.PageTotal != 1:
		return apierr.NotSingular(r.PageTotal)
	case x.limitsAffected() && r.PageTotal > x.request.Preferences.MaxAffected:
		return apierr.MaxAffectedExceeded(r.PageTotal)
	}
	return nil
}
