package auth

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// Remote says where keys are fetched from and how often. The zero value of a duration means its default.
type Remote struct {
	// URLs are JWKS documents. Issuers are OpenID providers, whose documents are found by discovery.
	URLs, Issuers []string
	// Transport sends the requests; nil for http.DefaultTransport.
	Transport http.RoundTripper
	// RefreshInterval is the time between fetches in the background.
	RefreshInterval time.Duration
	// UnknownInterval is the time after which unknown key ids may cause another fetch; a few may come at once.
	UnknownInterval time.Duration
	// Timeout bounds one fetch.
	Timeout time.Duration
	// OnError is told of each fetch that failed; the keys that are known are kept.
	OnError func(url string, err error)
}

const (
	defaultRefreshInterval = 10 * time.Minute
	defaultUnknownInterval = 10 * time.Second
	defaultFetchTimeout    = 10 * time.Second
	// unknownBurst is the number of fetches for unknown key ids that may follow each other at once, so that a few
	// senseless tokens do not hold up a rotation.
	unknownBurst = 3
)

func (r Remote) withDefaults() Remote {
	if r.Transport == nil {
		r.Transport = http.DefaultTransport
	}
	if r.RefreshInterval == 0 {
		r.RefreshInterval = defaultRefreshInterval
	}
	if r.UnknownInterval == 0 {
		r.UnknownInterval = defaultUnknownInterval
	}
	if r.Timeout == 0 {
		r.Timeout = defaultFetchTimeout
	}
	if r.OnError == nil {
		r.OnError = func(string, error) {}
	}
	return r
}

// remoteKeys are the keys of JWKS URLs, refreshed in the background by keyfunc until the context ends.
type remoteKeys struct {
	ctx     context.Context //nolint:containedctx // ends with the authenticator
	storage jwkset.Storage
	unknown *rate.Limiter // of fetches for unknown key ids
	flight  singleflight.Group
}

// newRemoteKeys fetches the documents once. A provider that does not answer is no error: its keys appear when it
// does.
func newRemoteKeys(ctx context.Context, r Remote) (*remoteKeys, error) {
	r = r.withDefaults()
	tolerate := true
	urls := slices.Clone(r.URLs)
	for _, issuer := range r.Issuers {
		urls = append(urls, strings.TrimSuffix(issuer, "/")+discoveryPath)
	}
	kf, err := keyfunc.NewDefaultOverrideCtx(ctx, urls, keyfunc.Override{
		Client:                    &http.Client{Transport: &transport{next: r.Transport, issuers: r.Issuers}},
		HTTPTimeout:               r.Timeout,
		NoErrorReturnFirstHTTPReq: &tolerate,
		// keys limits the rate; the library's own limiter would also bound the time of the fetch.
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1),
		RateLimitWaitMax:  r.Timeout,
		RefreshErrorHandlerFunc: func(url string) func(context.Context, error) {
			return func(_ context.Context, err error) { r.OnError(url, err) }
		},
		RefreshInterval:   r.RefreshInterval,
		ValidationSkipAll: true,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing JWKS URLs: %w", err)
	}
	return &remoteKeys{
		ctx: ctx, storage: kf.Storage(),
		unknown: rate.NewLimiter(rate.Every(r.UnknownInterval), unknownBurst),
	}, nil
}

// keys returns the known keys. An unknown kid first makes one fetch, whatever the number of requests that have it,
// if the last such fetch is long enough ago.
func (r *remoteKeys) keys(kid string) []key {
	known := r.known()
	if kid == "" || holds(known, kid) {
		return known
	}
	_, _, _ = r.flight.Do("unknown", func() (any, error) {
		if holds(r.known(), kid) || !r.unknown.Allow() {
			return nil, nil //nolint:nilnil // nothing to fetch
		}
		// Its error says that the key is unknown even now, or that a fetch failed, which OnError was told.
		_, err := r.storage.KeyRead(r.ctx, kid)
		return nil, err
	})
	return r.known()
}

func (r *remoteKeys) known() []key {
	set, err := r.storage.KeyReadAll(r.ctx)
	if err != nil {
		return nil
	}
	keys := make([]key, 0, len(set))
	for i := range set {
		if k, ok := fromJWK(&set[i]); ok {
			keys = append(keys, k)
		}
	}
	return keys
}

func holds(keys []key, kid string) bool {
	for i := range keys {
		if keys[i].id == kid {
			return true
		}
	}
	return false
}
