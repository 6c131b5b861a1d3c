package auth

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	tests := []struct{ claims, message string }{
		{`{"role":"x","exp":1800000000}`, ""},
		{`{"role":"x","exp":1799999970}`, ""}, // within the leeway
		{`{"role":"x","exp":1799999970.5}`, ""},
		{`{"role":"x","exp":1799999969}`, "JWT expired"},
		{`{"role":"x","exp":1799999969.9}`, "JWT expired"},
		{`{"role":"x","exp":9999999999.5}`, ""},
		{`{"role":"x","exp":1.9e9}`, ""},
		{`{"role":"x","exp":0.19E+10}`, ""},
		{`{"role":"x","exp":1.7e9}`, "JWT expired"},
		{`{"role":"x","exp":1e999999999}`, ""},
		{`{"role":"x","exp":-1e999999999}`, "JWT expired"},
		{`{"role":"x","exp":1e-999999999}`, "JWT expired"},
		{`{"role":"x","exp":-0}`, "JWT expired"},
		{`{"role":"x","exp":null}`, ""},
		{`{"role":"x","exp":"1900000000"}`, "The JWT 'exp' claim must be a number"},
		{`{"role":"x","exp":[]}`, "The JWT 'exp' claim must be a number"},
		{`{"role":"x","nbf":1800000030}`, ""},
		{`{"role":"x","nbf":1800000030.5}`, "JWT not yet valid"},
		{`{"role":"x","nbf":1800000031}`, "JWT not yet valid"},
		{`{"role":"x","nbf":1e30}`, "JWT not yet valid"},
		{`{"role":"x","nbf":1e400}`, "JWT not yet valid"},
		{`{"role":"x","nbf":99999999999999999999}`, "JWT not yet valid"},
		{`{"role":"x","nbf":-1e400}`, ""},
		{`{"role":"x","nbf":{}}`, "The JWT 'nbf' claim must be a number"},
		{`{"role":"x","iat":1800000030}`, ""},
		{`{"role":"x","iat":1800000030.01}`, "JWT issued at future"},
		{`{"role":"x","iat":1800000031}`, "JWT issued at future"},
		{`{"role":"x","iat":1e30}`, "JWT issued at future"},
		{`{"role":"x","iat":true}`, "The JWT 'iat' claim must be a number"},
		{`{"role":"x","exp":1,"nbf":"x"}`, "JWT expired"},        // the first problem counts
		{`{"role":"x","exp": 1700000000 ,"exp":1900000000}`, ""}, // the last of repeated claims counts
	}
	for _, cached := range []int{0, 10} {
		a := newAuthenticator(t, Options{Secret: []byte(secret), CacheSize: cached})
		for _, test := range tests {
			token := "Bearer " + sign(t, "HS256", []byte(secret), "", test.claims)
			for range 2 {
				_, problem := a.Authenticate(token, true)
				if test.message == "" && problem != nil {
					t.Errorf("%s: %v", test.claims, problem)
				}
				if test.message != "" && (problem == nil || problem.Code != "PGRST303" || problem.Message != test.message) {
					t.Errorf("%s: %v, want %q", test.claims, problem, test.message)
				}
			}
		}
	}
}

// TestTimesOfCachedTokens advances the clock while a token is in the cache: each of its times is checked at each use.
func TestTimesOfCachedTokens(t *testing.T) {
	for _, test := range []struct {
		claims        string
		before, after string
	}{
		{`{"role":"x","exp":1800000000}`, "", "JWT expired"},
		{`{"role":"x","nbf":1800000060}`, "JWT not yet valid", ""},
		{`{"role":"x","iat":1800000060}`, "JWT issued at future", ""},
	} {
		clock, hits := now, 0
		a := newAuthenticator(t, Options{
			Secret: []byte(secret), CacheSize: 10, now: func() time.Time { return clock },
			OnLookup: func(hit bool) {
				if hit {
					hits++
				}
			},
		})
		token := "Bearer " + sign(t, "HS256", []byte(secret), "", test.claims)
		for _, at := range []struct {
			after int
			want  string
		}{{0, test.before}, {29, test.before}, {30, ""}, {31, test.after}, {100, test.after}} {
			clock = now.Add(time.Duration(at.after) * time.Second)
			_, problem := a.Authenticate(token, true)
			got := ""
			if problem != nil {
				got = problem.Message
			}
			if got != at.want {
				t.Errorf("%s after %d s: %q, want %q", test.claims, at.after, got, at.want)
			}
		}
		if hits != 4 {
			t.Errorf("%s: %d hits, want 4", test.claims, hits)
		}
	}
}

func TestAllowedSkew(t *testing.T) {
	for _, test := range []struct {
		allowed int
		claims  string
		want    string
	}{
		{0, `{"role":"x","exp":1799999970}`, ""},
		{0, `{"role":"x","exp":1799999969}`, "JWT expired"},
		{90, `{"role":"x","exp":1799999910}`, ""},
		{90, `{"role":"x","exp":1799999909}`, "JWT expired"},
		{90, `{"role":"x","nbf":1800000090}`, ""},
		{90, `{"role":"x","nbf":1800000091}`, "JWT not yet valid"},
		{90, `{"role":"x","iat":1800000090}`, ""},
		{90, `{"role":"x","iat":1800000091}`, "JWT issued at future"},
	} {
		a := newAuthenticator(t, Options{Secret: []byte(secret), AllowedSkew: test.allowed})
		_, problem := a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", test.claims), true)
		got := ""
		if problem != nil {
			got = problem.Message
		}
		if got != test.want {
			t.Errorf("%s with %d s: %q, want %q", test.claims, test.allowed, got, test.want)
		}
	}
}

// TestMeasuredSkew checks that each use of a token beyond its time is reported, also if it is in the cache.
func TestMeasuredSkew(t *testing.T) {
	for claims, want := range map[string][]Skew{
		`{"role":"x","exp":1800000000,"nbf":1800000000,"iat":1799999999}`: nil,
		`{"role":"x"}`:                               nil,
		`{"role":"x","exp":1799999980.5}`:            {{"exp", 19.5, false}},
		`{"role":"x","exp":1799999900}`:              {{"exp", 100, true}},
		`{"role":"x","nbf":1800000007}`:              {{"nbf", 7, false}},
		`{"role":"x","iat":1800000031}`:              {{"iat", 31, true}},
		`{"role":"x","nbf":1e400}`:                   {{"nbf", math.Inf(1), true}},
		`{"role":"x","nbf":1800000005,"iat":1.8e9}`:  {{"nbf", 5, false}},
		`{"role":"x","nbf":1800000040,"iat":1.9e9}`:  {{"nbf", 40, true}},
		`{"role":"x","nbf":1800000005,"iat":1.81e9}`: {{"nbf", 5, false}, {"iat", 1e7, true}},
	} {
		var told []Skew
		a := newAuthenticator(t, Options{
			Secret: []byte(secret), CacheSize: 10, OnSkew: func(s Skew) { told = append(told, s) },
		})
		for range 2 {
			_, _ = a.Authenticate("Bearer "+sign(t, "HS256", []byte(secret), "", claims), true)
		}
		if want = append(want, want...); !slices.Equal(told, want) {
			t.Errorf("%s: reported %v, want %v", claims, told, want)
		}
	}
}
