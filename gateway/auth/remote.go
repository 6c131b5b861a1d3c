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
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// Remote says where keys are fetched from and how often. The zero value of a duration means its default.
type Remote struct {
	// URLs are JWKS documents. Issuers are OpenID providers, whose documents are found by discovery.
	URLs, Issuers []string
	// transport sends the requests; nil for http.DefaultTransport.
	transport http.RoundTripper
	// refreshInterval is the time between fetches in the background.
	refreshInterval time.Duration
	// unknownInterval is the time after which unknown key ids may cause another fetch; a few may come at once.
	unknownInterval time.Duration
	// timeout bounds one fetch, patience how long tokens with an unknown key id wait for one, from its start on.
	timeout, patience time.Duration
	// OnFetch is told of each document that was fetched, OnError of each fetch that failed; the keys that are known are
	// then kept.
	OnFetch func()
	OnError func(url string, err error)
	// OnUnusableKey is told of each key of a document that is passed over and why, again when others are.
	OnUnusableKey func(url, which string, why error)
}

const (
	defaultRefreshInterval = 10 * time.Minute
	defaultUnknownInterval = 10 * time.Second
	defaultFetchTimeout    = 10 * time.Second
	defaultPatience        = time.Second
	// unknownBurst is the number of fetches for unknown key ids that may follow each other at once, so that a few
	// senseless tokens do not hold up a rotation.
	unknownBurst = 3
)

func (r Remote) withDefaults() Remote {
	if r.transport == nil {
		r.transport = http.DefaultTransport
	}
	if r.refreshInterval == 0 {
		r.refreshInterval = defaultRefreshInterval
	}
	if r.unknownInterval == 0 {
		r.unknownInterval = defaultUnknownInterval
	}
	if r.timeout == 0 {
		r.timeout = defaultFetchTimeout
	}
	if r.patience == 0 {
		r.patience = defaultPatience
	}
	if r.OnFetch == nil {
		r.OnFetch = func() {}
	}
	if r.OnError == nil {
		r.OnError = func(string, error) {}
	}
	if r.OnUnusableKey == nil {
		r.OnUnusableKey = func(string, string, error) {}
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
	ctx      context.Context
	unknown  *rate.Limiter // of fetches for unknown key ids
	patience time.Duration

	mu        sync.Mutex // held while current is renewed
	documents []*document
	current   atomic.Pointer[keySet]

	fetching sync.Mutex // guards running
	running  *fetch     // for an unknown key id, nil if there is none
}

// fetch fetches all documents for an unknown key id. Awaited ends when the key is there, when all have been fetched, or
// when patience is over, whatever is first.
type fetch struct {
	awaited context.Context
	release context.CancelFunc
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
	// reader reads them, and fetches the document where a key id is unknown.
	reader jwkset.Storage
}

// KeyReplaceAll implements jwkset.Storage.
func (d *document) KeyReplaceAll(ctx context.Context, given []jwkset.JWK) error {
	err := d.Storage.KeyReplaceAll(ctx, given)
	d.replaced()
	return err
}

// FetchKeys fetches the documents once. A provider that does not answer is no error: its keys appear when it does.
func FetchKeys(ctx context.Context, o Remote) (*RemoteKeys, error) {
	o = o.withDefaults()
	r := &RemoteKeys{
		ctx: ctx, unknown: rate.NewLimiter(rate.Every(o.unknownInterval), unknownBurst), patience: o.patience,
	}
	r.current.Store(&keySet{})
	urls := o.addresses()
	for range urls {
		r.documents = append(r.documents, &document{
			Storage: jwkset.NewMemoryStorage(), replaced: func() { o.OnFetch(); r.renew() },
		})
	}
	client := &http.Client{Transport: newTransport(&o), CheckRedirect: sameScheme}
	var all errgroup.Group
	for i, url := range urls {
		all.Go(func() error {
			err := r.documents[i].open(ctx, client, url, &o)
			if err != nil {
				return fmt.Errorf("preparing the JWKS URL %s: %w", url, err)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return r, nil
}

// open fetches the document and makes its reader.
func (d *document) open(ctx context.Context, client *http.Client, url string, o *Remote) error {
	fetching, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
		Client: client, Ctx: ctx, HTTPTimeout: o.timeout, NoErrorReturnFirstHTTPReq: true,
		RefreshInterval: o.refreshInterval,
		RefreshErrorHandler: func(_ context.Context, err error) {
			if ctx.Err() == nil { // that fetching ended is no failure
				o.OnError(url, err)
			}
		},
		Storage:         d,
		ValidateOptions: jwkset.JWKValidateOptions{SkipAll: true},
	})
	if err != nil {
		return err
	}
	one, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs: map[string]jwkset.Storage{url: fetching},
		// learn limits the rate; the library's own limiter would also bound the time of the fetch.
		RefreshUnknownKID: rate.NewLimiter(rate.Inf, 1), RateLimitWaitMax: o.timeout,
	})
	if err != nil {
		return err
	}
	kf, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: one})
	if err != nil {
		return err
	}
	d.reader = kf.Storage()
	return nil
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
			if k, err := fromJWK(&set[i]); err == nil { // the transport has passed over others
				keys = append(keys, k)
			}
		}
	}
	if old := r.current.Load(); !reflect.DeepEqual(keys, old.keys) {
		r.current.Store(&keySet{keys: keys, generation: old.generation + 1})
	}
}

func (r *RemoteKeys) known() []key { return r.current.Load().keys }

func (r *RemoteKeys) generation() uint64 { return r.current.Load().generation }

// learn returns the keys after a fetch for an unknown key id, whatever the number of requests that have one. It waits
// only if a fetch may start now or has just started: neither the rate of fetches nor a provider that stalls holds anybody
// up.
func (r *RemoteKeys) learn(kid string) []key {
	if f := r.fetch(kid); f != nil {
		<-f.awaited.Done()
	}
	return r.known()
}

// fetch returns the fetch that runs, or starts one if the last is long enough ago. It returns nil if there is none, or if
// the key has come meanwhile.
func (r *RemoteKeys) fetch(kid string) *fetch {
	r.fetching.Lock()
	defer r.fetching.Unlock()
	if holds(r.known(), kid) {
		return nil
	}
	if r.running == nil && r.unknown.Allow() {
		f := &fetch{}
		f.awaited, f.release = context.WithTimeout(r.ctx, r.patience)
		r.running = f
		go r.run(f, kid)
	}
	return r.running
}

// run fetches all documents, each for itself, so that one that stalls does not keep the keys of others from coming.
func (r *RemoteKeys) run(f *fetch, kid string) {
	var all sync.WaitGroup
	for _, d := range r.documents {
		all.Go(func() {
			// Its error says that the key is unknown even now, or that the fetch failed, which OnError was told.
			if _, err := d.reader.KeyRead(r.ctx, kid); err == nil {
				f.release()
			}
		})
	}
	all.Wait()
	r.fetching.Lock()
	r.running = nil
	r.fetching.Unlock()
	f.release()
}
