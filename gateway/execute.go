package gateway

import (
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// render makes the statements of a request.
func (x *exchange) render() *exec.Job {
	p, job := x.plan, x.renderSession()
	job.Main, job.Explain = pgsql.Main(p, pgsql.Options{Traceparent: x.traceparent()}), pgsql.Explain(p)
	job.Lines = p.Media.Kind == request.MediaPlan
	if !p.ReadOnly && x.mayFailCheck() {
		job.Check = x.check
	}
	return job
}

// renderSession makes what all jobs have: the request's session and how its transaction goes.
func (x *exchange) renderSession() *exec.Job {
	settings := x.session()
	x.job = exec.Job{Quick: x.plan.Quick, Provable: x.plan.Pure}
	pure := x.plan.Pure && x.current()
	x.job.Job = session.Job{
		Settings:      pgsql.SetSession(&settings),
		PreRequest:    x.settings.preRequest,
		Role:          x.identity.Role,
		ReadOnly:      x.plan.ReadOnly,
		Pure:          pure,
		RoleBound:     true,
		AsLogin:       len(settings.RoleSettings) > 0,
		Tampers:       x.snapshot.DynamicSQL && !pure,
		Authenticated: !x.identity.Anonymous,
		Isolation:     x.isolation(),
		Rollback:      x.rollsBack(),
		Stream:        true,
		Dst:           x.answer.takeBuffer(),
	}
	if x.conn != nil {
		x.job.Client = x.conn
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

// session are the settings of the request's transaction.
func (x *exchange) session() pgsql.Session {
	x.headers = x.head.appendHeaders(x.headers[:0])
	x.cookies = x.head.appendCookies(x.cookies[:0])
	s := pgsql.Session{
		SearchPath:   x.settings.searchPaths[x.request.Schema],
		RoleSettings: x.settings.roleSettings[x.identity.Role],
		Role:         x.identity.Role,
		Claims:       x.identity.Claims,
		Method:       x.input.Method,
		Path:         x.input.Path,
		Headers:      x.headers,
		Cookies:      x.cookies,
		Timezone:     x.request.Preferences.Timezone,
		HasTimezone:  x.request.Preferences.HasTimezone,
		AppSettings:  x.settings.appSettings,
		ReadOnly:     x.plan.ReadOnly || x.settings.config.Roles.ReadOnly[x.identity.Role],
	}
	if x.plan.Call != nil {
		for _, set := range x.plan.Call.Routine.Settings {
			s.RoutineSettings = append(s.RoutineSettings, pgsql.Setting(set))
		}
	}
	return s
}

// isolation is the transaction's isolation level: the routine's own, else the role's.
func (x *exchange) isolation() string {
	if call := x.plan.Call; call != nil && call.Routine.Isolation != "" {
		return call.Routine.Isolation
	}
	return x.settings.config.Roles.Isolation[x.identity.Role]
}

// rollsBack tells whether the transaction is to be undone, by configuration or by the client's wish.
func (x *exchange) rollsBack() bool {
	asked := x.request.Preferences.Transaction
	return asked == request.TxRollback || x.settings.config.DBTxRollback && asked != request.TxCommit
}

// mayFailCheck tells whether there is anything to check about the number of rows.
func (x *exchange) mayFailCheck() bool {
	p := x.plan
	return p.Media.Kind != request.MediaPlan &&
		(p.Action == request.ActionUpsert || p.Media.Kind == request.MediaObject || x.limitsAffected())
}

// limitsAffected tells whether the client bounds the rows that may be affected, and the action honours that.
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
