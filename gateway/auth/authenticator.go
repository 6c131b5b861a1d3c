package auth

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"trunkline/planner/apierr"
)

// Options configure an Authenticator.
type Options struct {
	// Secret is jwt-secret: a shared secret, a JWK or a JWKS. It is empty if there is none.
	Secret []byte
	// Remote holds keys that are fetched. It may be nil.
	Remote *RemoteKeys
	// Audience is jwt-aud. It is empty if any audience is accepted.
	Audience string
	// Role finds the role in the claims.
	Role *RolePath
	// RoleRequired is jwt-role-required: tokens in which Role selects no string are refused.
	RoleRequired bool
	// Selected are paths whose values identities have beside their roles.
	Selected []*RolePath
	// AnonymousRole is db-anon-role. It is empty if there is none.
	AnonymousRole string
	// LoginRole is the role that the gateway connects as, or empty if it is not known. Tokens with this role are
	// refused.
	LoginRole string
	// AllowedSkew is jwt-allowed-skew-seconds. At least 30 seconds are allowed.
	AllowedSkew int
	// CacheSize is the number of tokens whose verification is cached. 0 disables the cache.
	CacheSize int
	// OnUnusableKey is called by New for each key of Secret that cannot be used. It may be nil.
	OnUnusableKey func(which string, why error)
	// OnLookup is called for each lookup in the cache. It may be nil.
	OnLookup func(hit bool)
	// OnEviction is called for each token evicted from the cache. It may be nil. It must not block.
	OnEviction func()
	// OnSkew is called for each use of a token outside of its period of validity, whether or not it is refused. It may
	// be nil. It must not block.
	OnSkew func(Skew)
	// OnMissingRole is called, at most once an hour, for a token in which Role selects no string although it contains
	// what looks like a role at another place, which is given as a JSON Path. It may be nil.
	OnMissingRole func(path *RolePath, place string)
	// now returns the current time. If it is nil, time.Now is used.
	now func() time.Time
}

// Authenticator turns an Authorization header into an identity. It is safe for concurrent use.
type Authenticator struct {
	options     Options    // without secrets
	source      *keySource // nil if tokens cannot be verified
	anonymous   Identity   // the identity of requests without a token
	cache       *otter.Cache[string, *verified]
	missingRole rate.Sometimes
}

// verified is the cached result for a token with a valid signature. Its times are checked at each use.
type verified struct {
	// generation identifies the keys that verified the token. With other keys it must be verified again.
	generation uint64
	times      claimTimes
	identity   Identity
	// problem is what is wrong with the token apart from its times, or nil.
	problem *apierr.Error
}

// New returns an authenticator.
func New(o *Options) (*Authenticator, error) {
	a := &Authenticator{options: o.withDefaults(), missingRole: rate.Sometimes{Interval: time.Hour}}
	if o.AnonymousRole != "" {
		a.anonymous = Identity{Role: o.AnonymousRole, Claims: withRole(nil, o.AnonymousRole), Anonymous: true}
	}
	source, err := newSource(o)
	if err != nil {
		return nil, err
	}
	a.source = source
	if o.CacheSize > 0 && source != nil {
		a.cache, err = newCache(o)
		if err != nil {
			return nil, fmt.Errorf("creating the cache of tokens: %w", err)
		}
	}
	return a, nil
}

func (o *Options) withDefaults() Options {
	d := *o
	d.Secret = nil
	d.AllowedSkew = max(d.AllowedSkew, minAllowedSkew)
	if d.now == nil {
		d.now = time.Now
	}
	if d.OnLookup == nil {
		d.OnLookup = func(bool) {}
	}
	if d.OnSkew == nil {
		d.OnSkew = func(Skew) {}
	}
	if d.OnMissingRole == nil {
		d.OnMissingRole = func(*RolePath, string) {}
	}
	return d
}

func newCache(o *Options) (*otter.Cache[string, *verified], error) {
	options := &otter.Options[string, *verified]{MaximumSize: o.CacheSize}
	if o.OnEviction != nil {
		options.OnAtomicDeletion = func(e otter.DeletionEvent[string, *verified]) {
			if e.WasEvicted() {
				o.OnEviction()
			}
		}
	}
	return otter.New(options)
}

// newSource returns the source of keys, or nil if there are no keys.
func newSource(o *Options) (*keySource, error) {
	if len(o.Secret) == 0 && o.Remote == nil {
		return nil, nil
	}
	source := &keySource{remote: o.Remote}
	if len(o.Secret) == 0 {
		return source, nil
	}
	unusable := ignoreUnusable
	if o.OnUnusableKey != nil {
		unusable = o.OnUnusableKey
	}
	var err error
	source.static, err = parseSecret(o.Secret, unusable)
	return source, err
}

// Authenticate returns the identity for the value of an Authorization header. Without the header, or with a scheme
// other than Bearer, it is the anonymous one. Authenticate does not retain the value.
func (a *Authenticator) Authenticate(authorization string, present bool) (Identity, *apierr.Error) {
	token, ok := bearer(authorization)
	if !present || !ok {
		return a.anonymousIdentity()
	}
	if a.source == nil {
		return Identity{}, apierr.JWTSecretMissing()
	}
	v, problem := a.lookUp(token)
	if problem != nil {
		return Identity{}, problem
	}
	clock := clock{now: a.options.now().Unix(), allowed: int64(a.options.AllowedSkew), onSkew: a.options.OnSkew}
	if problem := v.times.check(&clock); problem != nil {
		return Identity{}, problem
	}
	if v.problem != nil {
		return Identity{}, v.problem
	}
	return v.identity, nil
}

func (a *Authenticator) anonymousIdentity() (Identity, *apierr.Error) {
	if !a.anonymous.Anonymous {
		return Identity{}, apierr.JWTRequired()
	}
	return a.anonymous, nil
}

// bearer extracts the token from the header (RFC 6750, section 2.1). The scheme is case-insensitive.
func bearer(authorization string) (string, bool) {
	end := strings.IndexAny(authorization, " \t")
	if end < 0 {
		end = len(authorization)
	}
	if !strings.EqualFold(authorization[:end], "bearer") {
		return "", false
	}
	return strings.TrimLeft(authorization[end:], " \t"), true
}

// lookUp finds the token in the cache or verifies it. Tokens with an invalid signature are not cached, because anybody
// could fill the cache with them.
func (a *Authenticator) lookUp(token string) (*verified, *apierr.Error) {
	if a.cache == nil {
		return a.verify(token)
	}
	v, hit := a.cache.GetIfPresent(token)
	hit = hit && v.generation == a.source.generation()
	a.options.OnLookup(hit)
	if hit {
		return v, nil
	}
	v, problem := a.verify(token)
	if problem != nil {
		return nil, problem
	}
	a.cache.Set(strings.Clone(token), v)
	return v, nil
}

// verify checks the signature and reads the claims.
func (a *Authenticator) verify(token string) (*verified, *apierr.Error) {
	generation := a.source.generation() // before the keys are used, so that it is never newer than they are
	raw, problem := verify(token, a.source)
	if problem != nil {
		return nil, problem
	}
	var claims map[string]json.RawMessage
	if json.Unmarshal(raw, &claims) != nil || claims == nil || !utf8.Valid(raw) {
		return nil, apierr.JWTClaims("Parsing claims failed")
	}
	v := &verified{generation: generation, times: readTimes(claims, a.options.Audience)}
	v.identity, v.problem = a.identify(raw, claims)
	return v, nil
}
