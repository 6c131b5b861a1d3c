package process

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
	"trunkline/gateway/journal"
	"trunkline/gateway/metrics"
)

// keys maintains the authenticator for the current configuration. Its methods must not be called concurrently.
type keys struct {
	metrics *metrics.Metrics
	journal *journal.Journal

	current *auth.Authenticator
	options auth.Options // of current, without functions
	fetched fetched
	// remote is that of fetched, for other goroutines.
	remote atomic.Pointer[auth.RemoteKeys]
}

// fetched are the keys of some URLs, or nil if there are none. end stops fetching; it may be called several times.
type fetched struct {
	from auth.Remote // without functions
	keys *auth.RemoteKeys
	end  func()
}

// newKeys returns keys without an authenticator.
func newKeys(m *metrics.Metrics, j *journal.Journal) *keys {
	return &keys{metrics: m, journal: j, fetched: fetched{end: func() {}}}
}

// authenticator returns the authenticator for a configuration. The current one is kept, with its cache, if its options
// have not changed, or if the new one cannot be created, which is logged. Fetched keys are kept as long as their URLs
// stay the same. Fetching stops when ctx ends.
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
	if options.LoginRole, err = k.loginRole(cfg); err != nil {
		return nil, err
	}
	f, err := k.fetch(ctx, auth.Remote{URLs: cfg.KeyURLs(), Issuers: cfg.JWTIssuer})
	if err != nil {
		return nil, err
	}
	kept := f.keys == k.fetched.keys
	options.Remote = f.keys
	if k.current != nil && kept && sameOptions(options, k.options) {
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
	k.remote.Store(f.keys)
	return renewed, nil
}

// sameOptions reports whether two options, without functions, are equal. Paths are compared by their text: filters hold
// functions, which are never equal.
func sameOptions(a, b auth.Options) bool {
	same := func(p, q *auth.RolePath) bool { return p.String() == q.String() }
	if !same(a.Role, b.Role) || !slices.EqualFunc(a.Selected, b.Selected, same) {
		return false
	}
	a.Role, a.Selected, b.Role, b.Selected = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

// fetchedSince returns since when the oldest document with keys has not been fetched again, zero if none are fetched.
func (k *keys) fetchedSince() time.Time {
	if remote := k.remote.Load(); remote != nil {
		return remote.FetchedSince()
	}
	return time.Time{}
}

// unfetched returns the URLs of documents with keys that were never fetched.
func (k *keys) unfetched() []string {
	if remote := k.remote.Load(); remote != nil {
		return remote.Unfetched()
	}
	return nil
}

// keysTime is how long a process waits for keys that shares its port with others, which may have them. There may be no
// others, and what needs no token is to be served soon. A successor has a predecessor, and waits until that ends it.
const keysTime = 30 * time.Second

// await waits until all documents with keys have been fetched once, or for a time.
func (k *keys) await(ctx context.Context, most time.Duration) {
	remote := k.remote.Load()
	if remote == nil {
		return
	}
	select {
	case <-remote.Complete():
	case <-time.After(most):
	case <-ctx.Done():
	}
}

// fetch returns the keys of the URLs, without fetching if the URLs are the same.
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

// loginRole returns the role that the gateway connects as. It is part of db-uri, which no reload changes: if a file
// that db-uri refers to cannot be read any more, that must not keep other keys of a configuration from being applied.
func (k *keys) loginRole(cfg *config.Config) (string, error) {
	connection, err := cfg.Connection()
	switch {
	case err == nil:
		return connection.User, nil
	case k.current != nil:
		return k.options.LoginRole, nil
	default:
		return "", fmt.Errorf("finding the login role: %w", err)
	}
}

// authOptions returns the options of authentication in a configuration, except for the login role and fetched keys.
func authOptions(cfg *config.Config) (auth.Options, error) {
	role, err := auth.ParseRolePath(cfg.JWTRoleClaimKey)
	if err != nil {
		return auth.Options{}, err
	}
	var selected []*auth.RolePath
	for _, c := range cfg.DBRoleRate.Claims {
		path, err := auth.ParseRolePath(c.Path)
		if err != nil {
			return auth.Options{}, err
		}
		selected = append(selected, path)
	}
	return auth.Options{
		Selected: selected,
		Secret:   cfg.KeyMaterial(), Audience: cfg.JWTAudience, Role: role, RoleRequired: cfg.JWTRoleRequired,
		AnonymousRole: cfg.DBAnonRole, AllowedSkew: cfg.JWTAllowedSkew,
		CacheSize: cfg.JWTCacheMaxEntries,
	}, nil
}
