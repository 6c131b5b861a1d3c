package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// secret is a shared secret of the least length that is allowed.
const secret = "0123456789abcdef0123456789abcdef"

// now is the time of every test.
var now = time.Unix(1_800_000_000, 0)

// sign makes a token.
func sign(t *testing.T, alg string, key any, kid string, claims string) string {
	t.Helper()
	header := map[string]string{"alg": alg, "typ": "JWT"}
	if kid != "" {
		header["kid"] = kid
	}
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	signed := encode(head) + "." + encode([]byte(claims))
	signature, err := jwt.GetSigningMethod(alg).Sign(signed, key)
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(signature)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// newAuthenticator fills in what a test does not care for.
func newAuthenticator(t testing.TB, o Options) *Authenticator {
	t.Helper()
	if o.Role == nil {
		o.Role = rolePath(t, "$.role")
	}
	if o.now == nil {
		o.now = func() time.Time { return now }
	}
	a, err := New(&o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fetchAll fetches keys until the test ends.
func fetchAll(t *testing.T, o Remote) *RemoteKeys {
	t.Helper()
	keys, err := FetchKeys(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func rolePath(t testing.TB, text string) *RolePath {
	t.Helper()
	p, err := ParseRolePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signer is a private key, its algorithms and how it is published.
type signer struct {
	private crypto.Signer
	algs    []string
}

func signers(t *testing.T) []signer {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := []signer{
		{rsaKey, []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}},
		{edKey, []string{"EdDSA"}},
	}
	for alg, curve := range map[string]elliptic.Curve{
		"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521(),
	} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signer{k, []string{alg}})
	}
	return all
}

// publish returns a JWKS of public keys, by key id.
func publish(t *testing.T, keys map[string]crypto.Signer) []byte {
	t.Helper()
	var set jwkset.JWKSMarshal
	for kid, private := range keys {
		jwk, err := jwkset.NewJWKFromKey(private.Public(), jwkset.JWKOptions{
			Metadata: jwkset.JWKMetadataOptions{KID: kid, USE: jwkset.UseSig},
		})
		if err != nil {
			t.Fatal(err)
		}
		set.Keys = append(set.Keys, jwk.Marshal())
	}
	document, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return document
}
