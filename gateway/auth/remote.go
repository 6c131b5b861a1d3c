package auth

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	// OnFetch is told of each document that was fetched, OnError of each fetch that failed; the keys that are known are
	// then kept.
	OnFetch func()
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
	if r.OnFetch == nil {
		r.OnFetch = func() {}
	}
	if r.OnError == nil {
		r.OnError = func(string, error) {}
	}
	return r
}

// addresses are the URLs of all documents. Those of issuers are found by the transport.
func (r *Remote) addresses() []string {
	urls := slices.Clone(r.URLs)
	for _, issuer := range r.Issuers {
		urls = append(urls, strings.TrimSuffix(issuer, "/")+discoveryPath)
	}
	slices.Sort(urls)
	return slices.Compact(urls)
}

// RemoteKeys are the keys of JWKS URLs, refreshed in the background until the context ends. Authenticators may share
// them, so that they outlive a reload of the configuration while their provider is down.
type RemoteKeys struct {
	ctx     context.Context //nolint:containedctx // ends with the process, or when other URLs are configured
	reader  jwkset.Storage  // of all documents; fetches them where a key id is unknown
	unknown *rate.Limiter   // of fetches for unknown key ids
	flight  singleflight.Group

	mu        sync.Mutex // held while current is renewed
	documents []*document
	current   atomic.Pointer[keySet]
}

// keySet are all keys at one time, and how often they had changed by then.
type keySet struct {
	keys       []key
	generation uint64
}

// document holds the keys of one URL. It tells when they are replaced, which is when they were fetched.
type document struct {
	jwkset.Storage
	replaced func()
}

// KeyReplaceAll implements jwkset.Storage.
func (d *document) KeyReplaceAll(ctx context.Context, given []jwkset.JWK) error {
	err := d.Storage.KeyReplaceAll(ctx, given)
	d.replaced()
	return err //nolint:wrapcheck // the caller wraps it
}

// FetchKeys fetches the documents once. A provider that does not answer is no error: its keys appear when it does.
func FetchKeys(ctx context.Context, o Remote) (*RemoteKeys, error) {
	o = o.withDefaults()
	r := &RemoteKeys{ctx: ctx, unknown: rate.NewLimiter(rate.Every(o.UnknownInterval), unknownBurst)}
	r.current.Store(&keySet{})
	urls := o.addresses()
	for range urls {
		r.documents = append(r.documents, &document{jwkset.NewMemoryStorage(), func() { o.OnFetch(); r.renew() }})
	}
	client := &http.Client{
		Transport: &transport{next: o.Transport, issuers: o.Issuers}, CheckRedirect: sameScheme,
	}
	fetching := make(map[string]jwkset.Storage)
	for i, url := range urls {
		storage, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
			Client: client, Ctx: ctx, HTTPTimeout: o.Timeout, NoErrorReturnFirstHTTPReq: true,
			RefreshInterval:     o.RefreshInterval,
			RefreshErrorHandler: func(_ context.Context, err error) { o.OnError(url, err) },
			Storage:             r.documents[i],
			ValidateOptions:     jwkset.JWKValidateOptions{SkipAll: true},
		})
		if err != nil {
			return nil, fmt.Errorf("preparing the JWKS URL %s: %w", url, err)
		}
		fetching[url] = storage
	}
	all, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs: fetching,
		// keys limits the rate; the library's own limiter would also bound the time of the fetch.
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1), RateLimitWaitMax: o.Timeout,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing JWKS URLs: %w", err)
	}
	kf, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: all})
	if err != nil {
		return nil, fmt.Errorf("preparing JWKS URLs: %w", err)
	}
	r.reader = kf.Storage()
	return r, nil
}

// renew takes the keys of all documents. Their generation changes if they do.
func (r *RemoteKeys) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	var keys []key
	for _, d := range r.documents {
		set, err := d.KeyReadAll(r.ctx)
		if err != nil {
			continue
		}
		for i := range set {
			if k, ok := fromJWK(&set[i]); ok && !k.guessable() {
				keys = append(keys, k)
			}
		}
	}
	if old := r.current.Load(); !reflect.DeepEqual(keys, old.keys) {
		r.current.Store(&keySet{keys: keys, generation: old.generation + 1})
	}
}

// keys returns the known keys. An unknown kid first makes one fetch, whatever the number of requests that have it,
// if the last such fetch is long enough ago.
func (r *RemoteKeys) keys(kid string) []key {
	known := r.current.Load().keys
	if kid == "" || holds(known, kid) {
		return known
	}
	_, _, _ = r.flight.Do("unknown", func() (any, error) {
		if holds(r.current.Load().keys, kid) || !r.unknown.Allow() {
			return nil, nil //nolint:nilnil // nothing to fetch
		}
		// Its error says that the key is unknown even now, or that a fetch failed, which OnError was told.
		_, err := r.reader.KeyRead(r.ctx, kid)
		return nil, err
	})
	return r.current.Load().keys
}

func (r *RemoteKeys) generation() uint64 { return r.current.Load().generation }

func holds(keys []key, kid string) bool {
	for i := range keys {
		if keys[i].id == kid {
			return true
		}
	}
	return false
}
