package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/planner/apierr"
)

// provider is an identity provider on loopback that rotates its keys, fails, stalls and sends false keys as a test
// wants.
type provider struct {
	*httptest.Server
	mu       sync.Mutex
	document []byte
	status   int
	stall    chan struct{} // answers wait for it if it is not nil
	fetches  atomic.Int64
}

func newProvider(t *testing.T, document []byte) *provider {
	t.Helper()
	p := &provider{document: document, status: http.StatusOK}
	mux := http.NewServeMux()
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { p.serve(w) })
	mux.HandleFunc(discoveryPath, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
	})
	mux.HandleFunc("/liar"+discoveryPath, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
	})
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	return p
}

func writeJSON(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func (p *provider) serve(w http.ResponseWriter) {
	p.fetches.Add(1)
	p.mu.Lock()
	document, status, stall := p.document, p.status, p.stall
	p.mu.Unlock()
	if stall != nil {
		<-stall
	}
	w.WriteHeader(status)
	_, _ = w.Write(document)
}

// set changes the provider's answers.
func (p *provider) set(document []byte, status int, stall chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.document, p.status, p.stall = document, status, stall
}

func (p *provider) remote() Remote {
	return Remote{
		URLs: []string{p.URL + "/keys"}, transport: p.Client().Transport,
		refreshInterval: time.Hour, unknownInterval: time.Millisecond, retryInterval: time.Hour,
		timeout: time.Minute, patience: time.Minute,
	}
}

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func accepts(t *testing.T, a *Authenticator, token string) bool {
	t.Helper()
	got, problem := a.Authenticate("Bearer "+token, true)
	return problem == nil && got.Role == "x"
}

// refusalOf returns why a token is refused, or nil if it is not.
func refusalOf(a *Authenticator, token string) *apierr.Error {
	_, problem := a.Authenticate("Bearer "+token, true)
	return problem
}

const claimsX = `{"role":"x"}`

// TestRotationUnderLoad replaces the provider's key while clients use tokens of the old one and of the new one.
func TestRotationUnderLoad(t *testing.T) {
	k1, k2 := newRSA(t), newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1}))
	a := newAuthenticator(t, Options{Remote: fetchAll(t, p.remote())})
	t1 := sign(t, "RS256", k1, "k1", claimsX)
	t2 := sign(t, "RS256", k2, "k2", claimsX)
	p.set(publish(t, map[string]crypto.Signer{"k1": k1, "k2": k2}), http.StatusOK, nil)

	var refused atomic.Int64
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			token := []string{t1, t2}[i%2]
			for range 100 {
				if _, problem := a.Authenticate("Bearer "+token, true); problem != nil {
					refused.Add(1)
				}
			}
		})
	}
	clients.Wait()
	if refused.Load() != 0 {
		t.Errorf("%d requests with a genuine token were refused", refused.Load())
	}
}

func TestUnknownKidsAreFetchedAtABoundedRate(t *testing.T) {
	k1 := newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1}))
	remote := p.remote()
	remote.unknownInterval = time.Hour
	a := newAuthenticator(t, Options{Remote: fetchAll(t, remote)})
	before := p.fetches.Load()
	var clients sync.WaitGroup
	for range 50 {
		clients.Go(func() {
			if accepts(t, a, sign(t, "RS256", k1, "unknown", claimsX)) {
				t.Error("a token with an unknown kid was accepted")
			}
		})
	}
	clients.Wait()
	if n := p.fetches.Load() - before; n < 1 || n > unknownBurst {
		t.Errorf("50 unknown kids caused %d fetches, want 1 to %d", n, unknownBurst)
	}
	if !accepts(t, a, sign(t, "RS256", k1, "k1", claimsX)) {
		t.Error("a known kid is refused after unknown ones")
	}
}

// TestOutage makes the provider unavailable in several ways; known keys stay in use.
func TestOutage(t *testing.T) {
	k1 := newRSA(t)
	document := publish(t, map[string]crypto.Signer{"k1": k1})
	for name, broken := range map[string]struct {
		document []byte
		status   int
		stalls   bool
	}{
		"fails":         {nil, http.StatusInternalServerError, false},
		"stalls":        {document, http.StatusOK, true},
		"no JSON":       {[]byte("<html>"), http.StatusOK, false},
		"endless":       {[]byte(`{"keys":[],"x":"` + strings.Repeat("x", 2<<20) + `"}`), http.StatusOK, false},
		"broken key":    {[]byte(`{"keys":[{"kty":"RSA","n":"!","e":"AQAB"}]}`), http.StatusOK, false},
		"redirect loop": {nil, http.StatusFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, document)
			var failures atomic.Int64
			remote := p.remote()
			if broken.stalls {
				remote.timeout = 200 * time.Millisecond
			}
			remote.OnError = func(string, error) { failures.Add(1) }
			keys := fetchAll(t, remote)
			for !holds(keys.current.Load().keys, "k1") { // the machine was busy for as long
				keys = fetchAll(t, remote)
			}
			failures.Store(0)
			a := newAuthenticator(t, Options{Remote: keys})
			var stall chan struct{}
			if broken.stalls {
				stall = make(chan struct{})
				defer close(stall)
			}
			p.set(broken.document, broken.status, stall)
			if accepts(t, a, sign(t, "RS256", k1, "unknown", claimsX)) {
				t.Error("a token with an unknown kid was accepted")
			}
			if failures.Load() == 0 {
				t.Error("the failed fetch was not reported")
			}
			if !accepts(t, a, sign(t, "RS256", k1, "k1", claimsX)) {
				t.Error("a known key is forgotten")
			}
		})
	}
}

func TestStartWithoutProvider(t *testing.T) {
	k1 := newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1}))
	p.set(nil, http.StatusServiceUnavailable, nil)
	a := newAuthenticator(t, Options{Remote: fetchAll(t, p.remote())})
	token := sign(t, "RS256", k1, "k1", claimsX)
	if e := refusalOf(a, token); e == nil || e.Status != http.StatusServiceUnavailable || e.Code != "TRUNK503" {
		t.Errorf("without keys, a token was answered %v", e)
	}
	p.set(publish(t, map[string]crypto.Signer{"k1": k1}), http.StatusOK, nil)
	time.Sleep(5 * time.Millisecond) // the rate of fetches for unknown kids
	if !accepts(t, a, token) {
		t.Error("the keys are not fetched when the provider is back")
	}
	if e := refusalOf(a, sign(t, "RS256", newRSA(t), "k1", claimsX)); e == nil || e.Status != http.StatusUnauthorized {
		t.Errorf("with keys, a forged token was answered %v", e)
	}
}

func TestDiscovery(t *testing.T) {
	k1 := newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1}))
	token := sign(t, "RS256", k1, "k1", claimsX)
	for issuer, want := range map[string]bool{"": true, "/": true, "/liar": false, "/missing": false} {
		remote := p.remote()
		remote.URLs, remote.Issuers = nil, []string{p.URL + issuer}
		a := newAuthenticator(t, Options{Remote: fetchAll(t, remote)})
		if got := accepts(t, a, token); got != want {
			t.Errorf("issuer %q: accepted is %t, want %t", issuer, got, want)
		}
	}
}

// TestShortSecretOfAProvider has the provider offer shared secrets that could be guessed, in addition to a good one.
func TestShortSecretOfAProvider(t *testing.T) {
	octet := func(kid, secret string) string {
		return `{"kty":"oct","kid":"` + kid + `","k":"` + encode([]byte(secret)) + `"}`
	}
	for _, bad := range []string{"", "x", secret[1:]} {
		p := newProvider(t, []byte(`{"keys":[`+octet("bad", bad)+`]}`))
		a := newAuthenticator(t, Options{Remote: fetchAll(t, p.remote())})
		for _, kid := range []string{"bad", ""} {
			if accepts(t, a, sign(t, "HS256", []byte(bad), kid, claimsX)) {
				t.Errorf("a token of the secret %q with kid %q was accepted", bad, kid)
			}
		}
	}
	p := newProvider(t, []byte(`{"keys":[`+octet("bad", "x")+`,`+octet("good", secret)+`]}`))
	a := newAuthenticator(t, Options{Remote: fetchAll(t, p.remote())})
	if !accepts(t, a, sign(t, "HS256", []byte(secret), "good", claimsX)) {
		t.Error("a token of the good secret was refused")
	}
}

// TestRevokedKey shows that tokens of a key that its provider has withdrawn are refused even where they were verified
// before, and that the keys which stay do not have their tokens verified again.
func TestRevokedKey(t *testing.T) {
	k1, k2 := newRSA(t), newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1, "k2": k2}))
	var hits, misses atomic.Int64
	count := func(hit bool) {
		if hit {
			hits.Add(1)
		} else {
			misses.Add(1)
		}
	}
	keys := fetchAll(t, p.remote())
	a := newAuthenticator(t, Options{Secret: []byte(secret), Remote: keys, CacheSize: 10, OnLookup: count})
	t1, t2 := sign(t, "RS256", k1, "k1", claimsX), sign(t, "RS256", k2, "k2", claimsX)
	refetch := func() { // as an unknown kid does
		time.Sleep(5 * time.Millisecond)
		accepts(t, a, sign(t, "RS256", k2, "unknown", claimsX))
		hits.Store(0)
		misses.Store(0)
	}
	for range 2 {
		if !accepts(t, a, t1) || !accepts(t, a, t2) {
			t.Fatal("a genuine token was refused")
		}
	}
	refetch()
	if !accepts(t, a, t1) || !accepts(t, a, t2) || hits.Load() != 2 || misses.Load() != 0 {
		t.Errorf("with the same keys, 2 tokens made %d hits and %d misses", hits.Load(), misses.Load())
	}
	p.set(publish(t, map[string]crypto.Signer{"k2": k2}), http.StatusOK, nil)
	refetch()
	for range 2 {
		if accepts(t, a, t1) {
			t.Error("a token of a withdrawn key was accepted")
		}
		if !accepts(t, a, t2) {
			t.Error("a token of a key that stays was refused")
		}
	}
	if hits.Load() != 1 || misses.Load() != 3 {
		t.Errorf("with other keys, 4 requests made %d hits and %d misses, want 1 and 3", hits.Load(), misses.Load())
	}
}

// TestRefresh waits for fetches in the background: they bring new keys before a token needs them.
func TestRefresh(t *testing.T) {
	k1, k2 := newRSA(t), newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1}))
	var fetched atomic.Int64
	remote := p.remote()
	remote.refreshInterval, remote.unknownInterval = 10*time.Millisecond, time.Hour
	remote.OnFetch = func() { fetched.Add(1) }
	keys := fetchAll(t, remote)
	p.set(publish(t, map[string]crypto.Signer{"k2": k2}), http.StatusOK, nil)
	before := fetched.Load()
	for deadline := time.Now().Add(2 * time.Minute); fetched.Load() < before+2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the keys are not refreshed")
		}
	}
	if known := keys.current.Load().keys; holds(known, "k1") || !holds(known, "k2") {
		t.Errorf("the keys are %v", known)
	}
}

// TestLies has the provider redirect to keys that an attacker in the network could have replaced, and to itself
// endlessly.
func TestLies(t *testing.T) {
	k1 := newRSA(t)
	document := publish(t, map[string]crypto.Signer{"k1": k1})
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(document) }))
	t.Cleanup(plain.Close)
	var asked atomic.Int64
	mux := http.NewServeMux()
	provider := httptest.NewTLSServer(mux)
	t.Cleanup(provider.Close)
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(document) })
	mux.Handle("/elsewhere", http.RedirectHandler("/keys", http.StatusFound))
	mux.Handle("/plain", http.RedirectHandler(plain.URL, http.StatusFound))
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/loop", http.StatusFound)
	})
	mux.HandleFunc("/issuer"+discoveryPath, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"issuer": provider.URL + "/issuer", "jwks_uri": plain.URL})
	})
	for _, test := range []struct {
		url, issuer string
		accepted    bool
		why         string
	}{
		{"/elsewhere", "", true, ""},
		{"/plain", "", false, "refusing to follow a redirect to http://"},
		{"/loop", "", false, "too many redirects"},
		{"", "/issuer", false, "is not a https URL"},
	} {
		remote := Remote{transport: provider.Client().Transport, unknownInterval: time.Hour, retryInterval: time.Hour}
		if test.url != "" {
			remote.URLs = []string{provider.URL + test.url}
		} else {
			remote.Issuers = []string{provider.URL + test.issuer}
		}
		var why string
		remote.OnError = func(_ string, err error) { why = err.Error() }
		a := newAuthenticator(t, Options{Remote: fetchAll(t, remote)})
		if got := accepts(t, a, sign(t, "RS256", k1, "k1", claimsX)); got != test.accepted || !strings.Contains(why, test.why) {
			t.Errorf("%s%s: accepted is %t, %q; want %t, %q", test.url, test.issuer, got, why, test.accepted, test.why)
		}
	}
	if n := asked.Load(); n > 2*(maxRedirects+1) {
		t.Errorf("the redirect loop was requested %d times", n)
	}
}

func TestSecretAndURLTogether(t *testing.T) {
	k1 := newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": k1}))
	a := newAuthenticator(t, Options{Secret: []byte(secret), Remote: fetchAll(t, p.remote())})
	if !accepts(t, a, sign(t, "HS256", []byte(secret), "", claimsX)) {
		t.Error("a token of the shared secret is refused")
	}
	if !accepts(t, a, sign(t, "RS256", k1, "k1", claimsX)) {
		t.Error("a token of the provider is refused")
	}
}
