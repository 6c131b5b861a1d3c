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

// Options are what one configuration says of authentication.
type Options struct {
	// Secret is jwt-secret: a shared secret, a JWK or a JWKS; empty if there is none.
	Secret []byte
	// Remote are keys that are fetched, nil for none.
	Remote *RemoteKeys
	// Audience is jwt-aud, "" for any.
	Audience string
	// Role finds the role in the claims.
	Role *RolePath
	// RoleRequired is jwt-role-required: tokens in which Role finds no string are refused.
	RoleRequired bool
	// AnonymousRole is db-anon-role, "" if there is none.
	AnonymousRole string
	// LoginRole is the role that the gateway connects as, "" if it is not known. Tokens may not have it.
	LoginRole string
	// AllowedSkew is jwt-allowed-skew-seconds; at least 30 seconds are allowed.
	AllowedSkew int
	// CacheSize is the number of tokens whose verification is remembered, 0 for none.
	CacheSize int
	// OnUnusableKey is told, by New, of each key of Secret that is passed over and why; nil for nobody.
	OnUnusableKey func(which string, why error)
	// OnLookup is told of each look into the cache, for metrics; nil for nobody.
	OnLookup func(hit bool)
	// OnEviction is told of each token that had to make place for another; nil for nobody. It must be quick.
	OnEviction func()
	// OnSkew is told of each use of a token beyond its own time, whether it is refused or not; nil for nobody. It must
	// be quick.
	OnSkew func(Skew)
	// OnMissingRole is told, once an hour, of a token in which Role finds no string while it has what looks like a role
	// elsewhere, at the place of a JSON Path; nil for nobody.
	OnMissingRole func(path *RolePath, place string)
	// now is the clock; nil for time.Now.
	now func() time.Time
}

// Authenticator turns an Authorization header into an identity. It may be used from any number of goroutines.
type Authenticator struct {
	options     Options    // without secrets
	source      *keySource // nil if tokens cannot be verified
	anonymous   Identity   // of requests without a token
	cache       *otter.Cache[string, *verified]
	missingRole rate.Sometimes
}

// verified is what is remembered of a token with a good signature. Its times are checked at each use.
type verified struct {
	// generation is that of the keys which verified it: with others it must be verified again.
	generation uint64
	times      claimTimes
	identity   Identity
	// problem is what is wrong with the token besides its times, nil for a good one.
	problem *apierr.Error
}

// New prepares an authenticator.
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

// newSource returns nil if there are no keys.
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

// Authenticate returns the identity that the value of an Authorization header gives. Without the header, or with a
// scheme other than Bearer, that is the anonymous one. The value is not kept.
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

// bearer takes the token out of the header (RFC 6750, section 2.1). The scheme's case does not matter.
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

// lookUp finds the token in the cache or verifies it. Tokens whose signature fails are not remembered: they would
// let anybody fill the cache.
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
	generation := a.source.generation() // before the keys are used, so that it is never too new
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
