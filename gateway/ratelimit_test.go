package gateway

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/gateway/auth"
	"trunkline/gateway/config"
)

// bucket is what a limiter does, counted in another way: the oracle of TestLimiters.
type bucket struct {
	tokens float64
	at     time.Time
}

func (b *bucket) refill(now time.Time, r config.Rate) {
	b.tokens = min(float64(r.Burst), b.tokens+now.Sub(b.at).Seconds()*float64(r.Requests)/r.Per.Seconds())
	b.at = now
}

// TestLimiters sends requests of several roles and users at random times, and compares what may run with an oracle. Who
// is told to wait may run after that time, and not a moment before.
func TestLimiters(t *testing.T) {
	rates := &loadConfig(t, `db-role-rate = "4/s:5, anon=60/m:2, $$.sub=2/s:3"`).DBRoleRate
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		l := new(limiters)
		buckets := make(map[string]*bucket)
		now := time.Unix(1_000_000, 0)
		of := func(name string, rate config.Rate) *bucket {
			b := buckets[name]
			if b == nil {
				b = &bucket{float64(rate.Burst), now}
				buckets[name] = b
			}
			b.refill(now, rate)
			return b
		}
		for range 2000 {
			now = now.Add(time.Duration(r.IntN(300)) * time.Millisecond)
			id := auth.Identity{Role: [...]string{"anon", "member", "editor"}[r.IntN(3)]}
			involved := []*bucket{of(id.Role, rates.Of(id.Role))}
			if r.IntN(2) == 0 {
				id.Selected = []auth.Selected{{Path: "$.other", Value: "u1"}, {Path: "$.sub", Value: [...]string{"u1", "u2"}[r.IntN(2)]}}
				involved = append(involved, of("$.sub "+id.Selected[1].Value, rates.Claims[0].Rate))
			}
			least := 1e9
			for _, b := range involved {
				least = min(least, b.tokens)
			}
			if least > 0.999 && least < 1.001 { // too close to tell
				now = now.Add(100 * time.Millisecond)
				continue
			}
			wait, _, ok := l.allow(now, rates, &id)
			if ok != (least >= 1) {
				t.Fatalf("seed %d: %+v: %t with %f", seed, id, ok, least)
			}
			if ok {
				for _, b := range involved {
					b.tokens--
				}
				continue
			}
			if _, _, early := l.allow(now.Add(wait-time.Millisecond), rates, &id); early {
				t.Fatalf("seed %d: %+v may run before it was told", seed, id)
			}
			now = now.Add(wait + time.Microsecond)
			if _, _, late := l.allow(now, rates, &id); !late {
				t.Fatalf("seed %d: %+v may not run after %v", seed, id, wait)
			}
			of(id.Role, rates.Of(id.Role)).tokens--
			if len(involved) > 1 {
				of("$.sub "+id.Selected[1].Value, rates.Claims[0].Rate).tokens--
			}
		}
	}
}

// TestLimitersAreBounded uses many more values than limiters are kept, with one that is used again and again.
func TestLimitersAreBounded(t *testing.T) {
	rates := &loadConfig(t, `db-role-rate = "$$.sub=1/h:2"`).DBRoleRate
	l := new(limiters)
	now := time.Unix(1_000_000, 0)
	of := func(value string) *auth.Identity {
		return &auth.Identity{Selected: []auth.Selected{{Path: "$.sub", Value: value}}}
	}
	for i := range 5 * maxLimiters {
		l.allow(now, rates, of(strconv.Itoa(i)+strings.Repeat("x", i%100)))
		if _, _, ok := l.allow(now, rates, of("often")); ok != (i < 2) {
			t.Fatalf("%d: %t", i, ok)
		}
	}
	if n := len(l.recent) + len(l.older); n > 2*maxLimiters {
		t.Errorf("%d limiters", n)
	}
	for of := range l.recent {
		if len(of.value) > maxLimitedValue {
			t.Errorf("kept %d bytes", len(of.value))
		}
	}
}

// TestLimitersFollowReloads changes a rate: who has sent too many under the old one has its tokens still.
func TestLimitersFollowReloads(t *testing.T) {
	l := new(limiters)
	now := time.Unix(1_000_000, 0)
	id := auth.Identity{Role: "a"}
	for _, step := range []struct {
		rate string
		ok   []bool
	}{{"1/h:2", []bool{true, true, false}}, {"1/h:5", []bool{false}}, {"3600/h:1", []bool{false}}} {
		rates := &loadConfig(t, fmt.Sprintf("db-role-rate = %q", step.rate)).DBRoleRate
		for i, want := range step.ok {
			if _, _, ok := l.allow(now, rates, &id); ok != want {
				t.Errorf("%s, %d: %t", step.rate, i, ok)
			}
		}
	}
	rates := &loadConfig(t, `db-role-rate = "3600/h:1"`).DBRoleRate
	if _, _, ok := l.allow(now.Add(1001*time.Millisecond), rates, &id); !ok {
		t.Error("the new rate is not in force")
	}
}

// TestRateLimit sends more than the rate allows: the answer is 429 and says when to come again, whatever the request
// would have been answered, and without waiting for a body.
func TestRateLimit(t *testing.T) {
	cfg := loadConfig(t, `db-role-rate = "1000/s, nobody=1/h:3"`)
	h := unloaded(t, cfg, io.Discard)
	var told []string
	h.OnRateLimited = func(of string) { told = append(told, of) }
	c := dial(t, start(t, h, cfg))
	for range 3 {
		c.send(getRoot)
		c.expectStatus(503) // there is no schema
	}
	preflight := "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nAccess-Control-Request-Method: GET\r\n\r\n"
	c.send(preflight)
	c.expectStatus(200)
	for _, request := range []string{
		getRoot, "POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
		"POST /items HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n{",
	} {
		c.send(request)
		method, _, _ := strings.Cut(request, " ")
		response, body := c.receive(method)
		after, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if response.StatusCode != http.StatusTooManyRequests || err != nil || after < 3500 || after > 3600 ||
			!strings.HasPrefix(body, `{"code":"TRUNK429","details":null,"hint":"The limit is the configuration key db-role-rate."`) {
			t.Errorf("%q: %d %s, Retry-After %d", request, response.StatusCode, body, after)
		}
		if response.Close != strings.Contains(request, "20000") {
			t.Errorf("%q: closing: %t", request, response.Close)
		}
	}
	if strings.Join(told, " ") != "nobody nobody nobody" {
		t.Errorf("observed %v", told)
	}
	c = dial(t, start(t, h, cfg))
	c.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a.b.c\r\n\r\n")
	response, body := c.receive(http.MethodGet)
	if response.StatusCode == http.StatusTooManyRequests {
		t.Errorf("a token that is refused counts: %s", body)
	}
	h.Configure(loadConfig(t), newAuthenticator(t, cfg))
	c = dial(t, start(t, h, cfg))
	c.send(getRoot)
	c.expectStatus(503)
}

// claimsToken returns the header with a token.
func claimsToken(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: Bearer " + token
}

// rateClient sends requests with tokens, and reports what was refused.
type rateClient struct{ *client }

// expect sends as many requests as there are letters: for each o the request must pass, for each r it must be refused
// because of its rate.
func (c *rateClient) expect(what string, claims jwt.MapClaims, letters string) {
	c.t.Helper()
	header := claimsToken(c.t, claims)
	for i, letter := range letters {
		c.send("GET / HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n")
		response, body := c.receive(http.MethodGet)
		want := http.StatusServiceUnavailable // there is no schema
		if letter == 'r' {
			want = http.StatusTooManyRequests
		}
		if response.StatusCode != want || response.Header.Get("Retry-After") == "" {
			c.t.Errorf("%s: request %d: %d %s, Retry-After %q", what, i, response.StatusCode, body, response.Header.Get("Retry-After"))
		}
	}
}

// TestRateLimitByClaim limits the values of claims: each has its own tokens, whatever its type and the role, and what
// cannot be told apart is not limited.
func TestRateLimitByClaim(t *testing.T) {
	changes := []string{`jwt-secret = "` + secret + `"`, `db-role-rate = "boss=1/h:1, $$.sub=1/h:2, $$.app.tenant=1/h:4"`}
	cfg := loadConfig(t, changes...)
	h := unloaded(t, cfg, io.Discard)
	var told []string
	h.OnRateLimited = func(of string) { told = append(told, of) }
	c := &rateClient{dial(t, start(t, h, cfg))}
	type m = map[string]any
	c.expect("a user", jwt.MapClaims{"role": "a", "sub": "u1"}, "oor")
	c.expect("the same with another token and role", jwt.MapClaims{"role": "b", "sub": "u1", "jti": "x"}, "r")
	c.expect("another user", jwt.MapClaims{"role": "a", "sub": "u2"}, "oor")
	c.expect("a user who is a number", jwt.MapClaims{"role": "a", "sub": 7}, "oor")
	c.expect("a user who is a list", jwt.MapClaims{"role": "a", "sub": []string{"u1"}}, "oor")
	c.expect("a long name", jwt.MapClaims{"role": "a", "sub": strings.Repeat("x", 5000)}, "oor")
	c.expect("another long name", jwt.MapClaims{"role": "a", "sub": strings.Repeat("x", 5001)}, "oor")
	for _, sub := range []any{nil, ""} {
		c.expect("no user", jwt.MapClaims{"role": "a", "sub": sub}, "oooo")
	}
	c.expect("no claim", jwt.MapClaims{"role": "a"}, "oooo")
	c.expect("a claim elsewhere", jwt.MapClaims{"role": "a", "app": "x", "tenant": "y"}, "oooooo")
	c.expect("a tenant", jwt.MapClaims{"role": "a", "app": m{"tenant": "t1"}}, "oo")
	c.expect("a tenant and a user", jwt.MapClaims{"role": "a", "sub": "u3", "app": m{"tenant": "t1"}}, "oorr")
	c.expect("the tenant, whose tokens the refused have not used", jwt.MapClaims{"role": "a", "app": m{"tenant": "t1"}}, "r")
	c.expect("a tenant with the name of a user", jwt.MapClaims{"role": "a", "app": m{"tenant": "u1"}}, "oooor")
	c.expect("a role beside", jwt.MapClaims{"role": "boss", "sub": "u4"}, "or")
	c.expect("the user of the refused", jwt.MapClaims{"role": "a", "sub": "u4"}, "or")
	c.expect("a role with the name of a user", jwt.MapClaims{"role": "u1"}, "ooo")
	if got := strings.Join(told[:3], " "); got != "$.sub $.sub $.sub" || !slices.Contains(told, "boss") || !slices.Contains(told, "$.app.tenant") {
		t.Errorf("observed %v", told)
	}
}

// TestRatesAndIdentitiesOfDifferentConfigurations gives the handler rates of other claims than its authenticator knows,
// as when an authenticator is kept: no claim has the rate of another one.
func TestRatesAndIdentitiesOfDifferentConfigurations(t *testing.T) {
	with := func(rates string) *config.Config {
		return loadConfig(t, `jwt-secret = "`+secret+`"`, `db-role-rate = "`+rates+`"`)
	}
	before := with("$$.device=1000/s, $$.sub=1000/s")
	h := unloaded(t, before, io.Discard)
	h.Configure(with("$$.app=1/h:1, $$.sub=1/h:2"), newAuthenticator(t, before))
	c := &rateClient{dial(t, start(t, h, before))}
	c.expect("a claim that is not limited any more", jwt.MapClaims{"role": "a", "device": "d1"}, "oooo")
	c.expect("a claim with another rate", jwt.MapClaims{"role": "a", "device": "d1", "sub": "u1"}, "oor")
}
