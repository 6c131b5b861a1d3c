package gateway

import (
	"strings"

	"trunkline/cache"
	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/planner"
	"trunkline/planner/apierr"
	"trunkline/planner/pgsql"
	"trunkline/planner/request"
)

// Authenticator determines the identity of a request. authorization may alias the request's buffer: implementations
// that retain it must copy it.
type Authenticator interface {
	Authenticate(authorization string, present bool) (auth.Identity, *apierr.Error)
}

// settings are derived from one configuration. They are immutable.
type settings struct {
	config        *config.Config
	authenticator Authenticator
	request       request.Options
	planner       planner.Options
	cors          cors
	// rates are those of roles and claims, or nil if nothing is limited.
	rates *config.Rates
	vary  vary
	// trace is the name of the header that answers repeat, in lower case, or "".
	trace string
	// requestID is the name of the header with the id of a request, in lower case, or "".
	requestID string
	// detailed is set if lines of the log have what PostgREST's do not, timed if it is noted how long a job
	// waits for a connection.
	detailed, timed bool
	preRequest      pgsql.Statement
	appSettings     []cache.Setting
	roleSettings    map[string][]cache.Setting
	timeouts        timeouts
	// searchPaths holds the search path for each exposed schema.
	searchPaths map[string][]string
}

func newSettings(cfg *config.Config, authenticator Authenticator) *settings {
	s := &settings{
		config:        cfg,
		authenticator: authenticator,
		request: request.Options{
			Schemas:         cfg.DBSchemas,
			RootRoutine:     qualifiedName(cfg.DBRootSpec).Name,
			OpenAPIDisabled: cfg.OpenAPIMode == config.OpenAPIDisabled,
			AllowTxOverride: cfg.DBTxAllowOverride,
			Extensions:      cfg.URLExtensions,
			ETags:           cfg.DBETag != config.NoETags,
			Nested:          cfg.NestedMaxDepth > 0,
			Limits: request.Limits{
				Depth: cfg.URLMaxDepth, Filters: cfg.URLMaxFilters, Embeds: cfg.URLMaxEmbeds, Columns: cfg.URLMaxColumns,
				Values: cfg.URLMaxValues,
			},
		},
		planner: planner.Options{
			MaxRows:           cfg.DBMaxRows,
			Aggregates:        cfg.DBAggregatesEnabled,
			Plans:             cfg.DBPlanEnabled,
			SafeUpdate:        cfg.DBSafeUpdate,
			LegacyTargetNames: cfg.URLUseLegacyTargetNames,
			Extensions:        cfg.URLExtensions,
		},
		cors:         cors{origins: cfg.ServerCORSAllowedOrigins, maxEcho: cfg.ServerMaxEchoSize},
		vary:         newVary(cfg.ServerVaryComplete, cfg.DBSchemas),
		trace:        strings.ToLower(cfg.ServerTraceHeader),
		requestID:    strings.ToLower(cfg.ServerRequestIDHeader),
		detailed:     cfg.LogDetails || cfg.LogJSON,
		timed:        (cfg.LogDetails || cfg.LogJSON) && cfg.LogLevel > config.LogCrit || cfg.LogSlowRequest > 0,
		appSettings:  cfg.AppSettings,
		roleSettings: cfg.Roles.Settings,
		timeouts:     newTimeouts(&cfg.Roles),
		searchPaths:  make(map[string][]string, len(cfg.DBSchemas)),
	}
	if cfg.DBRoleRate.Limited() {
		s.rates = &cfg.DBRoleRate
	}
	if cfg.DBPreRequest != "" {
		s.preRequest = pgsql.PreRequest(qualifiedName(cfg.DBPreRequest))
	}
	for _, schema := range cfg.DBSchemas {
		s.searchPaths[schema] = append([]string{schema}, cfg.DBExtraSearchPath...)
	}
	return s
}

// qualifiedName parses a configured name: what precedes the first dot is the schema.
func qualifiedName(text string) cache.QualifiedName {
	schema, name, ok := strings.Cut(text, ".")
	if !ok {
		schema, name = "", text
	}
	return cache.QualifiedName{Schema: schema, Name: name}
}
