package process

import (
	"context"
	"fmt"
	"reflect"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
)

// keys keeps an authenticator that suits the configuration. Calls must not be concurrent.
type keys struct {
	metrics *metrics.Metrics
	journal *journal.Journal

	current *auth.Authenticator
	options auth.Options // of current, without functions
	fetched fetched
}

// fetched are the keys of some URLs, nil if there are none. End ends the fetching; it may be called again.
type fetched struct {
	from auth.Remote // without functions
	keys *auth.RemoteKeys
	end  func()
}

// newKeys returns one without an authenticator.
func newKeys(m *metrics.Metrics, j *journal.Journal) *keys {
	return &keys{metrics: m, journal: j, fetched: fetched{end: func() {}}}
}

// authenticator returns the authenticator for a configuration. That is the present one, with its cache, where nothing
// has changed for it, or where the configuration does not make one: the journal then says why. Keys that were fetched
// stay as long as their URLs do. Goroutines that fetch keys end with ctx.
func (k *keys) authenticator(ctx context.Context, cfg *config.Config) (*auth.Authenticator, error) {
	renewed, err := k.renew(ctx, cfg)
	if err != nil && k.current != nil {
		k.journal.Failed("Keeping the old keys.", err)
		return k.current, nil
	}
	return renewed, err
}

func (k *keys) renew(ctx context.Context, cfg *config.Config) (*auth.Authenticator, error) {
	options, err := authOptions(cfg)
	if err != nil {
		return nil, err
	}
	f, err := k.fetch(ctx, auth.Remote{URLs: cfg.KeyURLs(), Issuers: cfg.JWTIssuer})
	if err != nil {
		return nil, err
	}
	kept := f.keys == k.fetched.keys
	options.Remote = f.keys
	if k.current != nil && kept && reflect.DeepEqual(options, k.options) {
		return k.current, nil
	}
	withFunctions := options
	withFunctions.OnLookup, withFunctions.OnEviction = k.journal.JWTLookedUp, k.journal.JWTEvicted
	withFunctions.OnUnusableKey = func(which string, why error) { k.journal.KeyUnusable("jwt-secret", which, why) }
	withFunctions.OnSkew = func(s auth.Skew) { k.journal.JWTSkewed(s.Claim, s.Seconds, s.Refused) }
	withFunctions.OnMissingRole = func(path *auth.RolePath, place string) {
		k.journal.JWTRoleMissing(path.String(), place)
	}
	renewed, err := auth.New(&withFunctions)
	if err != nil {
		if !kept {
			f.end()
		}
		return nil, err
	}
	if !kept {
		k.fetched.end()
	}
	k.current, k.options, k.fetched = renewed, options, f
	return renewed, nil
}

// fetch returns the keys of the URLs: those that are known if the URLs are the same.
func (k *keys) fetch(ctx context.Context, from auth.Remote) (fetched, error) {
	if reflect.DeepEqual(from, k.fetched.from) {
		return k.fetched, nil
	}
	f := fetched{from: from, end: func() {}}
	if len(from.URLs)+len(from.Issuers) == 0 {
		return f, nil
	}
	ctx, f.end = context.WithCancel(ctx)
	from.OnFetch, from.OnError = k.metrics.JWKSFetched, k.journal.KeysFailed
	from.OnUnusableKey = k.journal.KeyUnusable
	var err error
	if f.keys, err = auth.FetchKeys(ctx, from); err != nil {
		f.end()
	}
	return f, err
}

// authOptions says what a configuration wants of authentication, besides keys that are fetched.
func authOptions(cfg *config.Config) (auth.Options, error) {
	role, err := auth.ParseRolePath(cfg.JWTRoleClaimKey)
	if err != nil {
		return auth.Options{}, err
	}
	connection, err := cfg.Connection()
	if err != nil {
		return auth.Options{}, fmt.Errorf("finding the role that logs in: %w", err)
	}
	return auth.Options{
		Secret: cfg.KeyMaterial(), Audience: cfg.JWTAudience, Role: role, RoleRequired: cfg.JWTRoleRequired,
		AnonymousRole: cfg.DBAnonRole, LoginRole: connection.User, AllowedSkew: cfg.JWTAllowedSkew,
		CacheSize: cfg.JWTCacheMaxEntries,
	}, nil
}
