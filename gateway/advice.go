package gateway

import (
	"net/http"

	"github.com/goccy/go-json"

	"trunkline/cache"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// advised returns an error with advice as its hint, if it has none and the configuration allows it. The errors that say
// by themselves what was done wrong have their advice already; here it is found for those that depend on the request.
func (h *Handler) advised(x *exchange, err *apierr.Error) *apierr.Error {
	if cfg := x.settings.config; err.Hint != nil || !cfg.ClientErrorHints || cfg.ClientErrorMinimal {
		return err // Fast path
	}
	with := *err
	if with.Advice == "" && x.plan != nil {
		h.advisePlanned(x, &with)
	}
	if with.Advice == "" && x.request != nil {
		x.adviseSchemas(&with)
	}
	if with.Advice != "" {
		with.Hint = with.Advice
	}
	return &with
}

// advisePlanned adds advice to the error of a request that was planned.
func (h *Handler) advisePlanned(x *exchange, err *apierr.Error) {
	switch quoted, isQuoted := err.Quoted(); {
	case err.ReadOnly() && x.plan.Action == request.ActionCallRead && x.plan.Call.Routine.Volatility == cache.Volatile:
		err.AdvisePost()
	case isQuoted && x.filtersBy(quoted):
		err.AdviseQuotes()
	case err.NoRow() && x.plan.Table != nil && x.plan.Table.RowSecurity && !x.identity.Anonymous:
		if rights, ok := h.rights(x); ok && rights.Policies {
			err.AdvisePolicies()
		}
	case x.plan.Table != nil && err.Denies(x.plan.Target.Name) && x.request.Preferences.Return == request.ReturnRepresentation:
		if rights, ok := h.rights(x); ok && x.lacksOnlySelect(rights) {
			err.AdviseRepresentation()
		}
	}
}

// filtersBy reports whether a filter of the URL has a value.
func (x *exchange) filtersBy(value string) bool {
	for i := range x.request.Query.Filters {
		f := &x.request.Query.Filters[i].Filter
		if f.Value == value {
			return true
		}
		for _, element := range f.List {
			if element == value {
				return true
			}
		}
	}
	return false
}

// lacksOnlySelect reports whether a write is allowed to the role, except that it returns rows.
func (x *exchange) lacksOnlySelect(r pgsql.Rights) bool {
	if r.Select || !r.Filter || len(x.request.Query.Logic) > 0 {
		return false
	}
	switch x.plan.Action {
	case request.ActionInsert:
		return r.Insert && x.request.Preferences.Resolution == request.NoResolution
	case request.ActionUpdate:
		return r.Update
	case request.ActionDelete:
		return r.Delete
	default:
		return false
	}
}

// rights asks what the role of the request may do with its relation.
func (h *Handler) rights(x *exchange) (rights pgsql.Rights, ok bool) {
	before := x.job
	defer func() { x.job = before }() // it is logged
	job := x.renderSession()
	job.Main, job.PreRequest = pgsql.RightsOf(x.plan.Target, x.request.Columns, x.filtered()), pgsql.Statement{}
	job.ReadOnly, job.RoleBound, job.Stream, job.Quick, job.Provable = true, true, false, false, false
	result, failure := h.Database.Run(x.context(), job)
	if failure != nil {
		return rights, false
	}
	defer result.Release()
	return rights, json.Unmarshal(result.Body, &rights) == nil
}

// filtered returns the columns of the relation that the request filters by.
func (x *exchange) filtered() []string {
	var names []string
	for i := range x.request.Query.Filters {
		if f := &x.request.Query.Filters[i]; len(f.Path) == 0 {
			names = append(names, f.Filter.Field.Name)
		}
	}
	return names
}

// adviseSchemas adds which schemas there are if something was not found in the default one, and the request has not
// selected it. What the others have is not looked at.
func (x *exchange) adviseSchemas(err *apierr.Error) {
	exposed := x.settings.config.DBSchemas
	if len(exposed) < 2 || x.head.acceptProfile.Present || x.head.contentProfile.Present {
		return
	}
	switch err.Code {
	case "PGRST202", "PGRST204", "PGRST205", "42703": // no such function, column, relation; undefined_column
		read := x.input.Method == http.MethodGet || x.input.Method == http.MethodHead
		err.AdviseSchemas(x.request.Schema, exposed, !read)
	}
}
