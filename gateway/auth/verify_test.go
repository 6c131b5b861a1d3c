package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"strings"
	"testing"
)

const (
	cryptoFailed = "JWT cryptographic operation failed"
	noSuchKey    = "No suitable key or wrong key type"
)

// TestRefusedTokens has the reference's messages for each kind of malformed token.
func TestRefusedTokens(t *testing.T) {
	a := newAuthenticator(t, Options{AnonymousRole: "web_anon", Secret: []byte(secret)})
	good := sign(t, "HS256", []byte(secret), "", `{"role":"x"}`)
	parts := strings.Split(good, ".")
	header := func(text string) string { return encode([]byte(text)) + "." + parts[1] + "." + parts[2] }
	tests := []struct{ name, token, code, message string }{
		{"empty", "", "PGRST301", "Empty JWT is sent in Authorization header"},
		{"one part", "abc", "PGRST301", "Expected 3 parts in JWT; got 1"},
		{"two parts", parts[0] + "." + parts[1], "PGRST301", "Expected 3 parts in JWT; got 2"},
		{"four parts", good + ".x", "PGRST301", "Expected 3 parts in JWT; got 4"},
		{"encrypted, of five parts", "a.b.c.d.e", "PGRST301", "Expected 3 parts in JWT; got 5"},
		{"words", "not.a.token", "PGRST301", cryptoFailed},
		{"dots", "..", "PGRST301", cryptoFailed},
		{"header is not base64", "?." + parts[1] + "." + parts[2], "PGRST301", cryptoFailed},
		{"header has padding", parts[0] + "=." + parts[1] + "." + parts[2], "PGRST301", cryptoFailed},
		{"header has a line end", parts[0] + "\n." + parts[1] + "." + parts[2], "PGRST301", cryptoFailed},
		{"payload is not base64", parts[0] + ".!." + parts[2], "PGRST301", cryptoFailed},
		{"payload is cut off", parts[0] + "." + parts[1][:13] + "." + parts[2], "PGRST301", cryptoFailed},
		{"signature is not base64", parts[0] + "." + parts[1] + ".??", "PGRST301", cryptoFailed},
		{"header is not JSON", header("x"), "PGRST301", cryptoFailed},
		{"header is not an object", header(`["HS256"]`), "PGRST301", cryptoFailed},
		{"header is null", header(`null`), "PGRST301", cryptoFailed},
		{"no algorithm", header(`{}`), "PGRST301", cryptoFailed},
		{"algorithm is null", header(`{"alg":null}`), "PGRST301", cryptoFailed},
		{"algorithm is a number", header(`{"alg":256}`), "PGRST301", cryptoFailed},
		{"unknown algorithm", header(`{"alg":"XX1"}`), "PGRST301", cryptoFailed},
		{"algorithm in lower case", header(`{"alg":"hs256"}`), "PGRST301", cryptoFailed},
		{"name in upper case", header(`{"ALG":"HS256"}`), "PGRST301", cryptoFailed},
		{"algorithm for encryption", header(`{"alg":"RSA-OAEP"}`), "PGRST301", cryptoFailed},
		{"kid is a number", header(`{"alg":"HS256","kid":7}`), "PGRST301", cryptoFailed},
		{"typ is a list", header(`{"alg":"HS256","typ":["JWT"]}`), "PGRST301", cryptoFailed},
		{"cty is a number", header(`{"alg":"HS256","cty":1}`), "PGRST301", cryptoFailed},
		{"encrypted", header(`{"alg":"dir","enc":"A128GCM"}`), "PGRST301", cryptoFailed},
		{"encrypted and signed", header(`{"alg":"HS256","enc":null}`), "PGRST301", cryptoFailed},
		{"no signature", encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", "PGRST301", "Wrong or unsupported encoding algorithm"},
		{"no signature, last of two", header(`{"alg":"HS256","alg":"none"}`), "PGRST301", "Wrong or unsupported encoding algorithm"},
		{"no signature and no payload", encode([]byte(`{"alg":"none"}`)) + ".!.", "PGRST301", cryptoFailed},
		{"None", header(`{"alg":"None"}`), "PGRST301", cryptoFailed},
		{"critical extension", header(`{"alg":"HS256","crit":["b64"],"b64":false}`), "PGRST301", "JWT couldn't be decoded"},
		{"empty list of extensions", header(`{"alg":"HS256","crit":[]}`), "PGRST301", "JWT couldn't be decoded"},
		{"null for extensions", header(`{"alg":"HS256","crit":null}`), "PGRST301", "JWT couldn't be decoded"},
		{"other secret", sign(t, "HS256", []byte(strings.ToUpper(secret)), "", `{"role":"x"}`), "PGRST301", noSuchKey},
		{"other hash", sign(t, "HS512", []byte(secret), "", `{"role":"x"}`), "PGRST301", noSuchKey},
		{"unknown kid", sign(t, "HS256", []byte(secret), "k", `{"role":"x"}`), "PGRST301", noSuchKey},
		{"changed claims", parts[0] + "." + encode([]byte(`{"role":"y"}`)) + "." + parts[2], "PGRST301", noSuchKey},
		{"empty signature", parts[0] + "." + parts[1] + ".", "PGRST301", noSuchKey},
		{"claims are not an object", sign(t, "HS256", []byte(secret), "", `["role"]`), "PGRST303", "Parsing claims failed"},
		{"claims are null", sign(t, "HS256", []byte(secret), "", `null`), "PGRST303", "Parsing claims failed"},
		{"claims are nothing", sign(t, "HS256", []byte(secret), "", ``), "PGRST303", "Parsing claims failed"},
		{"claims are not JSON", sign(t, "HS256", []byte(secret), "", `{"role":`), "PGRST303", "Parsing claims failed"},
		{"claims are no UTF-8", sign(t, "HS256", []byte(secret), "", "{\"role\":\"\xff\"}"), "PGRST303", "Parsing claims failed"},
		{"NUL in the role", sign(t, "HS256", []byte(secret), "", `{"role":"a\u0000b"}`), "PGRST303", "The JWT role claim must not contain a NUL character"},
	}
	for _, test := range tests {
		_, problem := a.Authenticate("Bearer "+test.token, true)
		if problem == nil || problem.Status != 401 || problem.Code != test.code || problem.Message != test.message {
			t.Errorf("%s: %+v, want %s %q", test.name, problem, test.code, test.message)
			continue
		}
		want := `Bearer error="invalid_token", error_description="` + test.message + `"`
		if len(problem.Headers) != 1 || problem.Headers[0].Value != want {
			t.Errorf("%s: headers %v, want the challenge %s", test.name, problem.Headers, want)
		}
	}
}

func TestDetailsOfRefusedTokens(t *testing.T) {
	a := newAuthenticator(t, Options{Secret: []byte(secret)})
	for token, want := range map[string]any{
		encode([]byte(`{"alg":"none"}`)) + "..":                               "JWT is unsecured but expected 'alg' was not 'none'",
		encode([]byte(`{"alg":"HS256","crit":[]}`)) + "..":                    "The 'crit' header parameter is not supported",
		sign(t, "HS256", []byte(secret), "k", `{}`):                           "No suitable key was found to decode the JWT",
		sign(t, "HS256", []byte(strings.ToUpper(secret)), "", `{"role":"x"}`): "None of the keys was able to decode the JWT",
		"not.a.token": nil,
	} {
		if _, problem := a.Authenticate("Bearer "+token, true); problem == nil || problem.Details != want {
			t.Errorf("%.40s: %+v, want the details %v", token, problem, want)
		}
	}
}

// TestSaltLength signs with salts that are shorter and longer than the hash (RFC 7518, section 3.5).
func TestSaltLength(t *testing.T) {
	private := newRSA(t)
	a := newAuthenticator(t, Options{Secret: publish(t, map[string]crypto.Signer{"": private})})
	for alg, hash := range map[string]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512} {
		signed := encode([]byte(`{"alg":"`+alg+`"}`)) + "." + encode([]byte(claimsX))
		digest := hash.New()
		digest.Write([]byte(signed))
		sum := digest.Sum(nil)
		for _, length := range []int{0, 1, 20, sha256.Size, sha512.Size384, sha512.Size, rsa.PSSSaltLengthAuto} {
			signature, err := rsa.SignPSS(rand.Reader, private, hash, sum, &rsa.PSSOptions{SaltLength: length})
			if err != nil {
				t.Fatal(err)
			}
			if got := accepts(t, a, signed+"."+encode(signature)); got != (length == hash.Size()) {
				t.Errorf("%s with a salt of %d bytes: accepted is %t", alg, length, got)
			}
		}
	}
}
