package auth

import (
	"crypto"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// TestFailedFetchesAreRetried starts without the provider, and loses it later: tokens without a key id, for which no
// fetch is started, are accepted soon after it is back. Known keys stay in use.
func TestFailedFetchesAreRetried(t *testing.T) {
	k1, k2 := newRSA(t), newRSA(t)
	p := newProvider(t, nil)
	var failures atomic.Int64
	remote := p.remote()
	remote.refreshInterval, remote.retryInterval = 10*time.Minute, time.Millisecond
	remote.OnError = func(string, error) { failures.Add(1) }
	p.set(nil, http.StatusServiceUnavailable, nil)
	a := newAuthenticator(t, Options{Remote: fetchAll(t, remote)})
	awaitFailures := func() {
		for before := failures.Load(); failures.Load() < before+3; {
			time.Sleep(time.Millisecond)
		}
	}
	token := sign(t, "RS256", k1, "", claimsX)
	awaitFailures()
	if accepts(t, a, token) {
		t.Error("a token was accepted without keys")
	}
	p.set(publish(t, map[string]crypto.Signer{"": k1}), http.StatusOK, nil)
	awaitAccepted(t, a, token)

	p.set(nil, http.StatusServiceUnavailable, nil)
	accepts(t, a, sign(t, "RS256", k1, "unknown", claimsX)) // its fetch fails
	awaitFailures()
	if !accepts(t, a, token) {
		t.Error("a known key is forgotten")
	}
	p.set(publish(t, map[string]crypto.Signer{"": k2}), http.StatusOK, nil)
	awaitAccepted(t, a, sign(t, "RS256", k2, "", claimsX))
	before := p.fetches.Load()
	time.Sleep(20 * time.Millisecond)
	if n := p.fetches.Load() - before; n > 0 {
		t.Errorf("%d fetches after one that succeeded", n)
	}
}

// awaitAccepted waits until a token is accepted.
func awaitAccepted(t *testing.T, a *Authenticator, token string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !accepts(t, a, token); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("failed fetches are not retried")
		}
	}
}

// TestFetchedSince shows that the age of keys is that of the document that was not fetched for longest, also if it never
// was.
func TestFetchedSince(t *testing.T) {
	k := newRSA(t)
	good, bad := newProvider(t, publish(t, map[string]crypto.Signer{"": k})), newProvider(t, nil)
	bad.set(nil, http.StatusServiceUnavailable, nil)
	remote := good.remote()
	if keys := fetchAll(t, remote); time.Since(keys.FetchedSince()) > time.Minute {
		t.Errorf("fetched %v", keys.FetchedSince())
	}
	began := time.Now()
	remote.URLs = append(remote.URLs, bad.URL+"/keys")
	pool := good.Client().Transport.(*http.Transport).Clone()
	pool.TLSClientConfig.InsecureSkipVerify = true
	remote.transport, remote.retryInterval = pool, time.Millisecond
	keys := fetchAll(t, remote)
	wanted := keys.FetchedSince()
	if wanted.Before(began) || wanted.After(time.Now()) {
		t.Errorf("wanted since %v, want after %v", wanted, began)
	}
	bad.set(publish(t, map[string]crypto.Signer{"": k}), http.StatusOK, nil)
	for !keys.FetchedSince().After(wanted) {
		time.Sleep(time.Millisecond)
	}
}
