package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	shared := encode([]byte(secret))
	good := map[string]string{
		"text":            secret,
		"binary":          secret + "\x00\xff",
		"JWK":             `{"kty":"oct","k":"` + shared + `"}`,
		"JWK with spaces": " {\"kty\":\"oct\",\"k\":\"" + shared + "\"}\n",
		"JWKS":            `{"keys":[{"kty":"oct","k":"` + shared + `","alg":"HS256"}]}`,
		"text like JSON":  `{"keys":[` + strings.Repeat("x", 32),
	}
	for name, text := range good {
		if err := CheckSecret([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := map[string]string{
		"short text":      secret[1:],
		"short JWK":       `{"kty":"oct","k":"` + encode([]byte(secret[1:])) + `"}`,
		"empty JWK":       `{"kty":"oct","k":""}`,
		"no key type":     `{"keys":[{"k":"` + shared + `"}]}`,
		"broken RSA":      `{"kty":"RSA","n":"!","e":"AQAB"}`,
		"no keys":         `{"keys":[]}`,
		"keys are text":   `{"keys":"` + secret + `"}`,
		"keys are null":   `{"keys":null,"name":"` + secret + `"}`,
		"for encryption":  `{"kty":"oct","use":"enc","k":"` + shared + `"}`,
		"all unusable":    `{"keys":[{"kty":"oct","use":"enc","k":"` + shared + `"},{"kty":"AKP"}]}`,
		"other algorithm": `{"kty":"oct","alg":"RS256","k":"` + shared + `"}`,
	}
	for name, text := range bad {
		if err := CheckSecret([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, short := range []string{"", "x", bad["short JWK"], `{"keys":[` + bad["short JWK"] + `,{"kty":"AKP"}]}`} {
		if err := CheckSecret([]byte(short)); !errors.Is(err, errShortSecret) {
			t.Errorf("the secret %q gives %v, want errShortSecret", short, err)
		}
	}
}

// unusableKeySet returns a set with one good key, whose id is good, among keys of each kind that cannot be used, and
// what is reported of these.
func unusableKeySet(t *testing.T, private crypto.Signer) (document []byte, told []string) {
	t.Helper()
	var good struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(publish(t, map[string]crypto.Signer{"good": private}), &good); err != nil {
		t.Fatal(err)
	}
	zeros := strings.Repeat("A", 43)
	keys := []string{
		`{"kty":"OKP","kid":"ed448","crv":"Ed448","x":"` + encode(make([]byte, 57)) + `"}`,
		`{"kty":"EC","kid":"secp256k1","crv":"secp256k1","x":"` + zeros + `","y":"` + zeros + `"}`,
		`{"kty":"EC","kid":"off the curve","crv":"P-256","x":"` + zeros + `","y":"` + zeros + `"}`,
		`{"kty":"AKP","kid":"post-quantum","alg":"ML-DSA-44","pub":"` + zeros + `"}`,
		strings.Replace(string(good.Keys[0]), `"kid":"good"`, `"kid":"x5c","x5c":["MIIB"]`, 1),
		strings.Replace(string(good.Keys[0]), `"kid":"good"`, `"kid":"x5c text","x5c":"MIIB"`, 1),
		strings.Replace(string(good.Keys[0]), `"kid":"good"`, `"kid":"alg","alg":"HS256"`, 1),
		`{"kty":"RSA","kid":"short","n":"` + encode([]byte(strings.Repeat("\xff", 64))) + `","e":"AQAB"}`,
		`{"kty":"RSA","kid":"exponent","n":"` + encode([]byte(strings.Repeat("\xff", 256))) + `","e":"AQ"}`,
		`{"kty":"OKP","kid":"X25519","crv":"X25519","x":"` + encode([]byte(secret)) + `"}`,
		`{"kty":"oct","kid":"guessable","k":"eA"}`,
		`{"kid":"typeless"}`, `"text"`, `null`, `{"kid":7}`,
		`{"kty":"oct","kid":"silent","use":"enc","k":"` + encode([]byte(secret)) + `"}`, // is not reported
	}
	told = []string{
		`key 1 ("ed448")`, `key 2 ("secp256k1")`, `key 3 ("off the curve")`, `key 4 ("post-quantum")`, `key 5 ("x5c")`,
		`key 6 ("x5c text")`, `key 7 ("alg")`, `key 8 ("short")`, `key 9 ("exponent")`, `key 10 ("X25519")`,
		`key 11 ("guessable")`, `key 12 ("typeless")`, `key 13 ("")`, `key 14 ("")`, `key 15 ("")`,
	}
	return []byte(`{"keys":[` + strings.Join(append(keys, string(good.Keys[0])), ",") + `]}`), told
}

// TestUnusableKeys shows that keys which cannot be used are passed over, in jwt-secret as in what is fetched.
func TestUnusableKeys(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	document, want := unusableKeySet(t, private)
	token := sign(t, "ES256", private, "good", claimsX)

	var told []string
	a := newAuthenticator(t, Options{Secret: document, OnUnusableKey: func(which string, why error) {
		told = append(told, which)
		if why == nil {
			t.Errorf("%s: no reason", which)
		}
	}})
	if !accepts(t, a, token) || !slices.Equal(told, want) {
		t.Errorf("jwt-secret: the good key is refused, or %q was reported of others", told)
	}

	p := newProvider(t, document)
	told = nil
	remote := p.remote()
	remote.OnUnusableKey = func(url, which string, why error) {
		told = append(told, which)
		if why == nil || url != p.URL+"/keys" {
			t.Errorf("%s of %s: %v", which, url, why)
		}
	}
	remote.OnError = func(url string, err error) { t.Errorf("%s: %v", url, err) }
	a = newAuthenticator(t, Options{Remote: fetchAll(t, remote)})
	for range 2 {
		if !accepts(t, a, token) || !slices.Equal(told, want) {
			t.Errorf("fetched: the good key is refused, or %q was reported of others", told)
		}
		accepts(t, a, sign(t, "ES256", private, "unknown", claimsX)) // fetches the same keys again
	}
}

// TestNoUsableKey has a provider replace its keys with a set of which none can be used.
func TestNoUsableKey(t *testing.T) {
	private := newRSA(t)
	for _, document := range []string{`{"keys":[]}`, `{}`, `[]`, `{"keys":[{"kty":"AKP","kid":"a"}]}`} {
		p := newProvider(t, publish(t, map[string]crypto.Signer{"k1": private}))
		var failed []error
		remote := p.remote()
		remote.OnError = func(_ string, err error) { failed = append(failed, err) }
		a := newAuthenticator(t, Options{Remote: fetchAll(t, remote)})
		p.set([]byte(document), 200, nil)
		if accepts(t, a, sign(t, "RS256", private, "unknown", claimsX)) || len(failed) != 1 {
			t.Errorf("%s: failures %v, want one", document, failed)
		}
		if !accepts(t, a, sign(t, "RS256", private, "k1", claimsX)) {
			t.Errorf("%s: the old key is forgotten", document)
		}
	}
}
