package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzAuthorization looks for a header that is accepted without being signed.
func FuzzAuthorization(f *testing.F) {
	valid := mac(encode([]byte(`{"alg":"HS256"}`)), encode([]byte(claimsX)))
	for _, value := range []string{
		"Bearer " + valid, "bearer\t" + valid, "Bearer", "Bearer ", "Basic x", valid, "Bearer " + valid + "=", "Bearer ..",
		"Bearer " + encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(claimsX)) + ".",
	} {
		f.Add(value)
	}
	a := newAuthenticator(f, Options{Secret: []byte(secret), AnonymousRole: "anon", CacheSize: 10})
	f.Fuzz(func(t *testing.T, value string) {
		got, problem := a.Authenticate(value, true)
		switch {
		case problem != nil && problem.Status != 401:
			t.Errorf("%q: %+v", value, problem)
		case problem == nil && !got.Anonymous && !strings.HasSuffix(value, valid[:len(valid)-1]+value[len(value)-1:]):
			t.Errorf("%q is accepted as %+v", value, got)
		}
	})
}

// FuzzHeader signs tokens with any header and any claims: only what the header says unmistakably is accepted, and then
// the claims are an object whose role is a string.
func FuzzHeader(f *testing.F) {
	for _, header := range []string{
		`{"alg":"HS256"}`, `{"alg":"HS256","crit":[]}`, `{"ALG":"HS256"}`, `{"alg":"HS256","alg":"none"}`, `{"alg":"RS256"}`,
		`{"alg":"HS256","kid":"k","typ":null}`, `{"alg":"HS256","enc":""}`, "{\"alg\":\"HS256\"}\xff", `{"alg":"\u0048S256"}`,
	} {
		f.Add(header, claimsX)
	}
	for _, claims := range []string{
		`{"role":"none"}`, `{"role":"login"}`, `{"role":"x","exp":1e400,"nbf":-1}`, `{"role":"x","aud":["a"]}`, `{"role":{"a": 1}}`,
		`{"role":"x","role":"none"}`, `{"role":"a\u0000"}`, `{"Role":"x"}`,
	} {
		f.Add(`{"alg":"HS256"}`, claims)
	}
	a := newAuthenticator(f, Options{Secret: []byte(secret), LoginRole: "login", RoleRequired: true, CacheSize: 10})
	f.Fuzz(func(t *testing.T, header, claims string) {
		got, problem := a.Authenticate("Bearer "+mac(encode([]byte(header)), encode([]byte(claims))), true)
		if problem != nil {
			if problem.Status != 401 || !strings.HasPrefix(problem.Code, "PGRST30") {
				t.Errorf("%s %s: %+v", header, claims, problem)
			}
			return
		}
		named, given, passed := object(header), object(claims), object(string(got.Claims))
		if named["alg"] != "HS256" || named["kid"] != nil && named["kid"] != "" {
			t.Errorf("the header %q is accepted", header)
		}
		for _, name := range []string{"crit", "enc"} {
			if _, present := named[name]; present {
				t.Errorf("the header %q is accepted", header)
			}
		}
		if given["role"] != got.Role || got.Role == "none" || got.Role == "login" || strings.Contains(got.Role, "\x00") {
			t.Errorf("the claims %q give the role %q", claims, got.Role)
		}
		if passed["role"] != got.Role || len(passed) != len(given) {
			t.Errorf("the claims %q become %q", claims, got.Claims)
		}
	})
}

// object reads a JSON object. It returns nil if the text is not an object.
func object(text string) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	if !json.Valid([]byte(text)) || decoder.Decode(&members) != nil {
		return nil
	}
	return members
}

// mac signs with the secret of the tests.
func mac(header, claims string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(header + "." + claims))
	return header + "." + claims + "." + encode(h.Sum(nil))
}
