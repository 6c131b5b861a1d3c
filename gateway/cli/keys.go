package cli

import (
	"context"
	"reflect"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/metrics"
)

// Keys keeps an authenticator that suits the configuration. Calls must not be concurrent.
type Keys struct {
	metrics *metrics.Metrics
	journal *metrics.Journal

	current *auth.Authenticator
	options auth.Options // of current, without functions
	end     func()       // ends its fetching of keys
}

// NewKeys returns one without an authenticator.
func NewKeys(m *metrics.Metrics, journal *metrics.Journal) *Keys {
	return &Keys{metrics: m, journal: journal, end: func() {}}
}

// Authenticator returns the authenticator for a configuration. That is the present one, with its cache and the keys
// that it has fetched, where nothing has changed for it, or where the configuration does not make one: the journal
// then says why. Goroutines that fetch keys end with ctx.
func (k *Keys) Authenticator(ctx context.Context, cfg *config.Config) (*auth.Authenticator, error) {
	options, err := authOptions(cfg)
	if err == nil && k.current != nil && reflect.DeepEqual(options, k.options) {
		return k.current, nil
	}
	var renewed *auth.Authenticator
	ctx, end := context.WithCancel(ctx)
	if err == nil {
		withFunctions := options
		withFunctions.OnLookup, withFunctions.Remote.OnError = k.metrics.JWTLookup, k.journal.KeysFailed
		withFunctions.OnEviction = k.metrics.JWTEvicted
		renewed, err = auth.New(ctx, &withFunctions)
	}
	if err != nil {
		end()
		if k.current != nil {
			k.journal.Failed("Keeping the old keys.", err)
			return k.current, nil
		}
		return nil, err //nolint:wrapcheck // the error says what is wrong
	}
	k.end()
	k.current, k.options, k.end = renewed, options, end
	return renewed, nil
}

// authOptions says what a configuration wants of authentication.
func authOptions(cfg *config.Config) (auth.Options, error) {
	role, _, err := auth.ParseRolePath(cfg.JWTRoleClaimKey)
	return auth.Options{
		Secret: cfg.KeyMaterial(), Remote: auth.Remote{URLs: cfg.KeyURLs(), Issuers: cfg.JWTIssuer},
		Audience: cfg.JWTAudience, Role: role, AnonymousRole: cfg.DBAnonRole, CacheSize: cfg.JWTCacheMaxEntries,
	}, err
}
