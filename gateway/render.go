package gateway

import (
	"trunkline/cache"
	"trunkline/gateway/exec"
	"trunkline/gateway/exec/session"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// planRequest plans the request, and refuses what would become too large a statement.
func (x *exchange) planRequest() (err *apierr.Error) {
	if x.request.HeadersOnly && x.readsTagged() || x.returnsForTag() {
		err = x.planTagged()
	} else {
		x.plan, err = planner.New(x.request, x.snapshot, &x.settings.planner)
	}
	if err == nil {
		err = x.checkExplained()
	}
	if most := x.settings.config.URLMaxRelations; err == nil && pgsql.Relations(x.plan) > most {
		return apierr.LimitExceeded("subqueries", most, "url-max-relations")
	}
	return err
}

// render builds the job of a request.
func (x *exchange) render() *exec.Job {
	p, job := x.plan, x.renderSession()
	comment := ""
	if x.settings.config.DBTraceComment {
		comment = x.place
	}
	job.Main = pgsql.Main(p, pgsql.Options{
		Traceparent: comment, NothingSet: job.Pure && job.PreRequest.Empty() && len(x.roleSettings()) == 0,
		PlannedOnce: !x.settings.config.DBPreparedStatements,
	})
	job.Explain, job.Lines = pgsql.Explain(p), p.Media.Describes()
	if p.Media.Kind == request.MediaSQL {
		job.Explain, job.Main = pgsql.Statement{}, pgsql.Examine(p)
	}
	if !p.ReadOnly && (x.mayFailCheck() || x.decides()) {
		job.Check = x.checkWrite
	}
	return job
}

// ownSettings are those of an operation that differ from the settings of the other operations of its batch.
const ownSettings = cache.SettingHeaders | cache.SettingMethod | cache.SettingPath | cache.SettingSearchPath | cache.SettingOther

// renderSession builds the parts that all jobs have: the settings of the request and of its transaction.
func (x *exchange) renderSession() *exec.Job {
	version, certain := x.standing()
	pure, sees := x.plan.Pure && certain, cache.AllSettings
	if pure && x.settings.preRequest.Empty() {
		sees = x.plan.Sees
	}
	if sees.Has(cache.SettingOther) || x.inBatch || x.inChain { // whose operations do not make settings anew
		sees = cache.AllSettings
	}
	x.constant = pure && x.plan.Sees&ownSettings == 0
	if !x.inBatch { // which has one place
		x.place = x.findPlace()
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
			settings.Timeout == 0 && settings.ApplicationName == "" && !x.plan.Media.Describes(),
		RoleBound:     !pure || x.plan.RoleBound,
		Counts:        x.plan.Mutation.CountsInserted(),
		AsLogin:       len(settings.RoleSettings) > 0,
		Version:       version,
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
	if x.settings.timed {
		x.job.Waited = &x.waited
	}
	return &x.job
}

// standing returns the version of what the plan uses, and whether it is known that a plan which is pure according to
// the snapshot is pure now: a policy that calls a function takes effect without a reload. A standby may lag behind the
// announcements.
func (x *exchange) standing() (version uint64, certain bool) {
	if x.handler == nil || x.handler.Standing == nil {
		return 0, false
	}
	var uses *cache.Uses
	if x.plan.Pure {
		uses = &x.plan.Uses
	}
	version, certain = x.handler.Standing(x.snapshot, uses)
	return version, certain && !x.snapshot.Standby
}

// roleSettings returns the settings of the request's role.
func (x *exchange) roleSettings() []cache.Setting { return x.settings.roleSettings[x.identity.Role] }

// session returns the settings of the request's transaction that its statements can see.
func (x *exchange) session(sees cache.Settings) pgsql.Session {
	s := pgsql.Session{
		RoleSettings: x.roleSettings(),
		Role:         x.identity.Role,
		Timezone:     x.request.Preferences.Timezone,
		HasTimezone:  x.request.Preferences.HasTimezone,
		ReadOnly:     x.plan.ReadOnly && !x.inBatch && !x.inChain || x.settings.config.Roles.ReadOnly[x.identity.Role],
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
	s.Timeout = x.timeout(s.RoutineSettings)
	if x.settings.config.DBTraceApplicationName {
		s.ApplicationName = x.place
	}
	return s
}

// seeRequest adds the parts of the HTTP request that the statements can see.
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

// isolation returns the transaction's isolation level: the routine's, or else the role's.
func (x *exchange) isolation() string {
	if call := x.plan.Call; call != nil && call.Routine.Isolation != "" {
		return call.Routine.Isolation
	}
	return x.settings.config.Roles.Isolation[x.identity.Role]
}

// rollsBack reports whether the transaction is rolled back, by configuration or on the client's request.
func (x *exchange) rollsBack() bool {
	asked := x.request.Preferences.Transaction
	return asked == request.TxRollback || x.settings.config.DBTxRollback && asked != request.TxCommit
}

// mayFailCheck reports whether the number of rows must be checked.
func (x *exchange) mayFailCheck() bool {
	p := x.plan
	return !p.Media.Describes() &&
		(p.Action == request.ActionUpsert || p.Media.Kind == request.MediaObject || x.limitsAffected())
}

// limitsAffected reports whether the client limits the number of affected rows and the action supports that.
func (x *exchange) limitsAffected() bool {
	preferences := &x.request.Preferences
	if !preferences.HasMaxAffected || preferences.Handling != request.HandlingStrict {
		return false
	}
	action := x.plan.Action
	return action == request.ActionUpdate || action == request.ActionDelete || action.Calls()
}

// check checks the number of rows before the commit: a PUT must have written exactly one row, a single object must be
// one row, and no more rows may be affected than the client allows.
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
