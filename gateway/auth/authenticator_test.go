package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestAnonymous(t *testing.T) {
	a := newAuthenticator(t, Options{AnonymousRole: "web_anon", Secret: []byte(secret)})
	for _, header := range []struct {
		value   string
		present bool
	}{{"", false}, {"", true}, {"Basic dXNlcjpwYXNz", true}, {"Bearerx y", true}, {"Token abc", true}} {
		got, problem := a.Authenticate(header.value, header.present)
		if problem != nil || got.Role != "web_anon" || !got.Anonymous || string(got.Claims) != `{"role":"web_anon"}` {
			t.Errorf("Authenticate(%q) = %+v, %v; want the anonymous role", header.value, got, problem)
		}
	}
}

func TestWithoutAnonymousRole(t *testing.T) {
	a := newAuthenticator(t, Options{Secret: []byte(secret)})
	for _, value := range []string{"", "Bearer " + sign(t, "HS256", []byte(secret), "", `{"sub":"x"}`)} {
		_, problem := a.Authenticate(value, value != "")
		if problem == nil || problem.Code != "PGRST302" || problem.Status != 401 ||
			problem.Headers[0].Value != "Bearer" {
			t.Errorf("Authenticate(%.20q) gives %+v, want PGRST302", value, problem)
		}
	}
}

func TestWithoutSecret(t *testing.T) {
	a := newAuthenticator(t, Options{AnonymousRole: "web_anon"})
	_, problem := a.Authenticate("Bearer x.y.z", true)
	if problem == nil || problem.Code != "PGRST300" || problem.Status != 500 {
		t.Errorf("a token without a secret gives %+v, want PGRST300", problem)
	}
}

func TestRoleFromToken(t *testing.T) {
	a := newAuthenticator(t, Options{AnonymousRole: "web_anon", Secret: []byte(secret)})
	tests := []struct {
		claims, role, want string
		anonymous          bool
	}{
		{`{"role":"author"}`, "author", `{"role":"author"}`, false},
		{`{"z":[1, 2],"a":{"b":null},"role":"a"}`, "a", `{"a":{"b":null},"role":"a","z":[1, 2]}`, false},
		{`{"sub":"me"}`, "web_anon", `{"role":"web_anon","sub":"me"}`, true},
		{`{"role":"web_anon"}`, "web_anon", `{"role":"web_anon"}`, true},
		{`{"role":null}`, "null", `{"role":"null"}`, false},
		{`{"role":7}`, "7", `{"role":"7"}`, false},
		{`{"big":12345678901234567890123,"role":"x"}`, "x", `{"big":12345678901234567890123,"role":"x"}`, false},
	}
	for _, test := range tests {
		for _, scheme := range []string{"Bearer ", "bearer ", "BEARER   "} {
			got, problem := a.Authenticate(scheme+sign(t, "HS256", []byte(secret), "", test.claims), true)
			if problem != nil {
				t.Errorf("%s: %v", test.claims, problem)
				continue
			}
			if got.Role != test.role || string(got.Claims) != test.want || got.Anonymous != test.anonymous {
				t.Errorf("%s: %q %s %t; want %q %s %t", test.claims,
					got.Role, got.Claims, got.Anonymous, test.role, test.want, test.anonymous)
			}
		}
	}
}

func TestAudience(t *testing.T) {
	const bad = "The JWT 'aud' claim must be a string or an array of strings"
	const other = "JWT not in audience"
	tests := []struct{ aud, restricted, open string }{
		{`null`, "", ""},
		{`[]`, "", ""},
		{`"api"`, "", ""},
		{`["x","api"]`, "", ""},
		{`""`, other, ""},
		{`"x"`, other, ""},
		{`["x"]`, other, ""},
		{`["api",1]`, bad, bad},
		{`["api",null]`, bad, bad},
		{`1`, bad, bad},
		{`{"a":"api"}`, bad, bad},
	}
	restricted := newAuthenticator(t, Options{Secret: []byte(secret), Audience: "api"})
	open := newAuthenticator(t, Options{Secret: []byte(secret)})
	for _, test := range tests {
		token := "Bearer " + sign(t, "HS256", []byte(secret), "", `{"role":"x","aud":`+test.aud+`}`)
		for want, a := range map[*string]*Authenticator{&test.restricted: restricted, &test.open: open} {
			_, problem := a.Authenticate(token, true)
			message := ""
			if problem != nil {
				message = problem.Message
			}
			if message != *want {
				t.Errorf("aud %s, jwt-aud %q: %q, want %q", test.aud, a.options.Audience, message, *want)
			}
		}
	}
}

func TestAlgorithms(t *testing.T) {
	for _, s := range signers(t) {
		a := newAuthenticator(t, Options{Secret: publish(t, map[string]crypto.Signer{"k1": s.private})})
		for _, alg := range s.algs {
			for _, kid := range []string{"", "k1"} {
				token := sign(t, alg, s.private, kid, `{"role":"x"}`)
				if got, problem := a.Authenticate("Bearer "+token, true); problem != nil || got.Role != "x" {
					t.Errorf("%s with kid %q: %+v %v", alg, kid, got, problem)
				}
			}
			token := sign(t, alg, s.private, "k2", `{"role":"x"}`)
			if _, problem := a.Authenticate("Bearer "+token, true); problem == nil {
				t.Errorf("%s: a token for another kid was accepted", alg)
			}
		}
	}
}

// TestKeyConfusion signs with the text of a public key as if it were a shared secret.
func TestKeyConfusion(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	document := publish(t, map[string]crypto.Signer{"": private})
	a := newAuthenticator(t, Options{Secret: document})
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, material := range [][]byte{
		document, der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), private.N.Bytes(),
	} {
		token := sign(t, "HS256", material, "", `{"role":"x"}`)
		if _, problem := a.Authenticate("Bearer "+token, true); problem == nil {
			t.Error("a token signed with a public key as secret was accepted")
		}
	}
}

func TestCache(t *testing.T) {
	var hits, misses atomic.Int64
	clock := now
	a := newAuthenticator(t, Options{
		Secret: []byte(secret), CacheSize: 100,
		now: func() time.Time { return clock },
		OnLookup: func(hit bool) {
			if hit {
				hits.Add(1)
			} else {
				misses.Add(1)
			}
		},
	})
	buffer := []byte("Bearer " + sign(t, "HS256", []byte(secret), "", `{"role":"x","exp":1800000100}`))
	for range 3 {
		if _, problem := a.Authenticate(string(buffer), true); problem != nil {
			t.Fatal(problem)
		}
	}
	if misses.Load() != 1 || hits.Load() != 2 {
		t.Errorf("%d misses and %d hits, want 1 and 2", misses.Load(), hits.Load())
	}
	clock = now.Add(3 * time.Minute)
	if _, problem := a.Authenticate(string(buffer), true); problem == nil || problem.Message != "JWT expired" {
		t.Errorf("an expired token in the cache gives %v", problem)
	}
	bad := "Bearer " + sign(t, "HS256", []byte(strings.ToUpper(secret)), "", `{"role":"x"}`)
	for range 2 {
		if _, problem := a.Authenticate(bad, true); problem == nil {
			t.Error("a bad signature was accepted")
		}
	}
	if misses.Load() != 3 {
		t.Errorf("%d misses, want 3: bad signatures must not fill the cache", misses.Load())
	}
}

func TestEvictions(t *testing.T) {
	var evicted atomic.Int64
	a := newAuthenticator(t, Options{
		Secret: []byte(secret), CacheSize: 10, OnEviction: func() { evicted.Add(1) },
	})
	for i := range 200 {
		token := sign(t, "HS256", []byte(secret), "", `{"role":"x","jti":`+strconv.Itoa(i)+`}`)
		if _, problem := a.Authenticate("Bearer "+token, true); problem != nil {
			t.Fatal(problem)
		}
	}
	for deadline := time.Now().Add(2 * time.Minute); evicted.Load() < 150; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 200 tokens were evicted from a cache for 10", evicted.Load())
		}
	}
}

func TestClaimsAreJSON(t *testing.T) {
	a := newAuthenticator(t, Options{Secret: []byte(secret), AnonymousRole: `we"ird\`})
	for _, claims := range []string{`{}`, `{"a\"b":1}`, `{"role":"x\ny"}`} {
		got, problem := a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", claims), true)
		if problem != nil {
			t.Fatal(problem)
		}
		var object map[string]any
		if err := json.Unmarshal(got.Claims, &object); err != nil || object["role"] != got.Role {
			t.Errorf("claims %s are for role %q: %v", got.Claims, got.Role, err)
		}
	}
}
