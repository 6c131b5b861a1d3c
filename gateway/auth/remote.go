package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
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

// Remote configures where keys are fetched from, and how often. Durations of zero mean their defaults.
type Remote struct {
	// URLs are the addresses of JWKS documents. Issuers are OpenID providers, whose documents are found by discovery.
	URLs, Issuers []string
	// transport sends the requests. If it is nil, http.DefaultTransport is used.
	transport http.RoundTripper
	// refreshInterval is the interval of fetches in the background.
	refreshInterval time.Duration
	// unknownInterval is the average interval of fetches for unknown key ids. A few may follow each other immediately.
	unknownInterval time.Duration
	// retryInterval is the time after which a failed fetch is retried. It doubles with each failure.
	retryInterval time.Duration
	// timeout bounds one fetch. patience is how long tokens with an unknown key id wait, from the start of a fetch.
	timeout, patience time.Duration
	// OnFetch is called for each fetched document, OnError for each failed fetch, after which the known keys are kept.
	OnFetch func()
	OnError func(url string, err error)
	// OnUnusableKey is called for each unusable key of a document, and again when the unusable keys change.
	OnUnusableKey func(url, which string, why error)
}

const (
	defaultRefreshInterval = 10 * time.Minute
	defaultUnknownInterval = 10 * time.Second
	defaultFetchTimeout    = 10 * time.Second
	defaultPatience        = time.Second
	// unknownBurst is the number of fetches for unknown key ids that may follow each other immediately, so that a few
	// invalid tokens do not delay a rotation.
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
	if r.retryInterval == 0 {
		r.retryInterval = defaultRetryInterval
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

// addresses returns the URLs of all documents. The transport resolves those of issuers.
func (r *Remote) addresses() []string {
	urls := slices.Clone(r.URLs)
	for _, issuer := range r.Issuers {
		urls = append(urls, strings.TrimSuffix(issuer, "/")+discoveryPath)
	}
	slices.Sort(urls)
	return slices.Compact(urls)
}

// RemoteKeys holds the keys of JWKS URLs, which are refreshed in the background until the context ends. Authenticators
// can share it, so that the keys survive a reload of the configuration while their provider is unavailable.
type RemoteKeys struct {
	ctx      context.Context
	unknown  *rate.Limiter // limits fetches for unknown key ids
	patience time.Duration

	mu        sync.Mutex // held while current is replaced
	documents []*document
	current   atomic.Pointer[keySet]
	// unfetched is the number of documents that were never fetched, complete is closed when there are none.
	unfetched atomic.Int32
	complete  chan struct{}

	fetching sync.Mutex // guards running
	running  *fetch     // the fetch for an unknown key id, or nil
}

// fetch is a fetch of all documents for an unknown key id. awaited ends when the key is found, when all documents have
// been fetched, or after patience, whichever comes first.
type fetch struct {
	awaited context.Context
	release context.CancelFunc
}

// keySet is the set of all keys at one time. generation is the number of changes before.
type keySet struct {
	keys       []key
	generation uint64
}

// document holds the keys of one URL, and reports when they are replaced, that is after a fetch.
type document struct {
	jwkset.Storage
	url      string
	replaced func()
	// known is set when the keys were fetched once, of which onKnown is told.
	known   atomic.Bool
	onKnown func()
	// reader holds the keys, and fetches the document for an unknown key id.
	reader jwkset.Storage
	// stale is set from a failed fetch until the next one that succeeds. failed holds a value after a failed fetch.
	stale  atomic.Bool
	failed chan struct{}
	// fetched is when the keys were replaced last, in Unix nanoseconds. It begins with when the document was first wanted.
	fetched atomic.Int64
}

// KeyReplaceAll implements jwkset.Storage.
func (d *document) KeyReplaceAll(ctx context.Context, given []jwkset.JWK) error {
	err := d.Storage.KeyReplaceAll(ctx, given)
	d.stale.Store(false)
	if err == nil {
		d.fetched.Store(time.Now().UnixNano())
	}
	d.replaced()
	if err == nil && d.known.CompareAndSwap(false, true) {
		d.onKnown()
	}
	return err
}

// FetchKeys fetches the documents once. A provider that does not answer is not an error: it is asked again soon, and
// its keys are added when it answers.
func FetchKeys(ctx context.Context, o Remote) (*RemoteKeys, error) {
	o = o.withDefaults()
	r := &RemoteKeys{
		ctx: ctx, unknown: rate.NewLimiter(rate.Every(o.unknownInterval), unknownBurst), patience: o.patience,
		complete: make(chan struct{}),
	}
	r.current.Store(&keySet{})
	urls := o.addresses()
	r.unfetched.Store(int32(len(urls)))
	for _, url := range urls {
		d := &document{
			Storage: jwkset.NewMemoryStorage(), url: url, failed: make(chan struct{}, 1),
			replaced: func() { o.OnFetch(); r.renew() }, onKnown: r.fetchedOne,
		}
		d.fetched.Store(time.Now().UnixNano())
		r.documents = append(r.documents, d)
	}
	client := &http.Client{Transport: newTransport(&o), CheckRedirect: sameScheme}
	var all errgroup.Group
	for i, url := range urls {
		all.Go(func() error {
			err := r.documents[i].open(ctx, client, url, &o)
			if err != nil {
				return fmt.Errorf("preparing the JWKS URL %s: %w", redacted(url), err)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return r, nil
}

// open fetches the document, creates its reader, and has failed fetches retried.
func (d *document) open(ctx context.Context, client *http.Client, url string, o *Remote) error {
	onError := func(_ context.Context, err error) {
		if ctx.Err() == nil { // otherwise fetching was stopped
			o.OnError(url, err)
			d.onFailure()
		}
	}
	once := jwkset.HTTPClientStorageOptions{
		Client: client, Ctx: ctx, HTTPTimeout: o.timeout, Storage: d,
		ValidateOptions: jwkset.JWKValidateOptions{SkipAll: true},
	}
	regularly := once
	regularly.NoErrorReturnFirstHTTPReq = true
	regularly.RefreshInterval, regularly.RefreshErrorHandler = o.refreshInterval, onError
	fetching, err := jwkset.NewStorageFromHTTP(url, regularly)
	if err != nil {
		return err
	}
	go d.retry(ctx, o.retryInterval, func() {
		if _, err := jwkset.NewStorageFromHTTP(url, once); err != nil { // without an interval it fetches and returns
			onError(ctx, err)
		}
	})
	one, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs: map[string]jwkset.Storage{url: fetching},
		// learn limits the rate. The library's own limiter would also bound the time of the fetch.
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

// fetchedOne is called when a document has been fetched for the first time.
func (r *RemoteKeys) fetchedOne() {
	if r.unfetched.Add(-1) == 0 {
		close(r.complete)
	}
}

// Complete is closed when each document has been fetched at least once. Before, it cannot be said of a token which no
// known key verifies that it is invalid.
func (r *RemoteKeys) Complete() <-chan struct{} { return r.complete }

// Unfetched returns the URLs of the documents that were never fetched, without passwords.
func (r *RemoteKeys) Unfetched() (urls []string) {
	for _, d := range r.documents {
		if !d.known.Load() {
			urls = append(urls, redacted(d.url))
		}
	}
	return urls
}

// redacted returns a URL without its password.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "a malformed URL"
	}
	return u.Redacted()
}

// FetchedSince returns when the document was fetched that was not fetched again for longest. Those that have never been
// fetched count from when they were first wanted.
func (r *RemoteKeys) FetchedSince() (oldest time.Time) {
	for _, d := range r.documents {
		if fetched := time.Unix(0, d.fetched.Load()); oldest.IsZero() || fetched.Before(oldest) {
			oldest = fetched
		}
	}
	return oldest
}

// renew collects the keys of all documents. The generation changes if the keys do.
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
			if k, err := fromJWK(&set[i]); err == nil { // the transport has removed and reported the others
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

// learn returns the keys after a fetch for an unknown key id, which is shared by all requests with unknown key ids. It
// waits only if a fetch can start now or has just started, so that neither the rate limit nor a stalled provider blocks
// a request.
func (r *RemoteKeys) learn(kid string) []key {
	if f := r.fetch(kid); f != nil {
		<-f.awaited.Done()
	}
	return r.known()
}

// fetch returns the running fetch, or starts one if the rate limit allows. It returns nil if there is none, or if the
// key has been found in the meantime.
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

// run fetches all documents concurrently, so that a stalled provider does not delay the keys of others.
func (r *RemoteKeys) run(f *fetch, kid string) {
	var all sync.WaitGroup
	for _, d := range r.documents {
		all.Go(func() {
			// The error means that the key is still unknown, or that the fetch failed, which OnError has reported.
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
