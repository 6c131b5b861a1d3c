package auth

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestNobodyWaitsForAProviderThatStalls lets a provider stall for longer than any test: tokens with keys at hand never
// wait for it, and those with unknown ones not for long.
func TestNobodyWaitsForAProviderThatStalls(t *testing.T) {
	fetched, static := newRSA(t), newRSA(t)
	p := newProvider(t, publish(t, map[string]crypto.Signer{"fetched": fetched}))
	remote := p.remote()
	remote.timeout, remote.patience = time.Hour, 20*time.Millisecond
	a := newAuthenticator(t, Options{
		Secret: publish(t, map[string]crypto.Signer{"static": static}), Remote: fetchAll(t, remote),
	})
	stall := make(chan struct{})
	defer close(stall)
	p.set(nil, http.StatusOK, stall)
	before := p.fetches.Load()

	known := []string{
		sign(t, "RS256", fetched, "fetched", claimsX), sign(t, "RS256", fetched, "", claimsX),
		sign(t, "RS256", static, "static", claimsX), sign(t, "RS256", static, "", claimsX),
	}
	var clients sync.WaitGroup
	for client := range 4 {
		clients.Go(func() {
			for i := range 50 {
				if accepts(t, a, sign(t, "RS256", fetched, "unknown"+strconv.Itoa(i*4+client), claimsX)) {
					t.Error("a token with an unknown kid was accepted")
				}
			}
		})
		clients.Go(func() {
			for range 50 {
				if !accepts(t, a, known[client]) {
					t.Errorf("known key %d: refused", client)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { clients.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Minute):
		t.Fatal("requests wait for the provider")
	}
	if n := p.fetches.Load() - before; n != 1 {
		t.Errorf("%d fetches, want the one that stalls", n)
	}
}

// TestProviderThatStallsBesideAnother checks that the keys of one provider are fetched while another one stalls.
func TestProviderThatStallsBesideAnother(t *testing.T) {
	k1, k2 := newRSA(t), newRSA(t)
	document := publish(t, map[string]crypto.Signer{"k1": k1})
	stalling, rotating := newProvider(t, document), newProvider(t, document)
	pool := x509.NewCertPool()
	pool.AddCert(stalling.Certificate())
	pool.AddCert(rotating.Certificate())
	a := newAuthenticator(t, Options{Remote: fetchAll(t, Remote{
		URLs:      []string{stalling.URL + "/keys", rotating.URL + "/keys"},
		transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		timeout:   time.Hour, patience: time.Hour, unknownInterval: time.Hour,
	})})
	stall := make(chan struct{})
	defer close(stall)
	stalling.set(nil, http.StatusOK, stall)
	rotating.set(publish(t, map[string]crypto.Signer{"k2": k2}), http.StatusOK, nil)
	if !accepts(t, a, sign(t, "RS256", k2, "k2", claimsX)) {
		t.Error("the new key is refused")
	}
	if !accepts(t, a, sign(t, "RS256", k1, "k1", claimsX)) {
		t.Error("the key of the provider that stalls is refused")
	}
}
