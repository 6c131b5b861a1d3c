package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"trunkline/deploy/localpg/pgtest"
)

// provider is an identity provider. It serves its keys over HTTPS, and signs tokens with the newest one.
type provider struct {
	t      *testing.T
	server *httptest.Server
	asked  atomic.Int64
	down   atomic.Bool
	// instead answers in place of the provider, if it is set.
	instead atomic.Pointer[http.HandlerFunc]

	mu   sync.Mutex
	keys []*ecdsa.PrivateKey
}

func newProvider(t *testing.T) *provider {
	p := &provider{t: t}
	p.server = httptest.NewTLSServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.server.Close)
	p.rotate()
	return p
}

// certificate writes the server's certificate to a file, and returns its path.
func (p *provider) certificate() string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "ca.pem")
	block := pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw}
	if err := os.WriteFile(file, pem.EncodeToMemory(&block), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

// rotate makes a new key.
func (p *provider) rotate() {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, key)
}

// serve answers with the keys (RFC 7517, RFC 7518 section 6.2).
func (p *provider) serve(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	if instead := p.instead.Load(); instead != nil {
		(*instead)(w, r)
		return
	}
	if p.down.Load() {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var keys []string
	for i, key := range p.keys {
		point, err := key.PublicKey.Bytes() // 4, x, y
		if err != nil {
			p.t.Error(err)
		}
		encode := base64.RawURLEncoding.EncodeToString
		keys = append(keys, fmt.Sprintf(`{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"%d","x":"%s","y":"%s"}`,
			i, encode(point[1:33]), encode(point[33:])))
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(keys, ","))
}

// token returns a user's token, signed with the newest key.
func (p *provider) token(name string) string {
	return p.sign(jwt.MapClaims{"role": "e2e_user", "sub": name})
}

// sign returns a token with claims, signed with the newest key.
func (p *provider) sign(claims jwt.MapClaims) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = fmt.Sprint(len(p.keys) - 1)
	signed, err := token.SignedString(p.keys[len(p.keys)-1])
	if err != nil {
		p.t.Error(err)
	}
	return signed
}

// TestKeysRotateUnderLoad checks that no user is refused while the provider rotates its keys, and while it is down.
func TestKeysRotateUnderLoad(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	g := start(t, pgtest.Database(t, fixture),
		"PGRST_JWT_SECRET="+p.server.URL+"/jwks.json", "SSL_CERT_FILE="+p.certificate())
	g.settle()
	ended := make(chan struct{})
	var served atomic.Int64
	var users sync.WaitGroup
	for n := range 8 {
		users.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-ended:
					return
				default:
				}
				name := fmt.Sprintf("user%d-%d", n, i)
				a, err := g.ask(query{path: "/rpc/session", token: p.token(name)})
				if err != nil || a.status != http.StatusOK || !strings.Contains(a.body, `"`+name+`"`) {
					t.Errorf("%s: got %v, %v", name, a, err)
					return
				}
				served.Add(1)
			}
		})
	}
	more := func() {
		before := served.Load()
		g.eventually("load", func() bool { return served.Load() > before+100 })
	}
	for range 3 {
		more()
		p.rotate()
	}
	more()
	p.down.Store(true)
	more()
	close(ended)
	users.Wait()
	t.Logf("%d requests served, keys fetched %d times", served.Load(), p.asked.Load())
	if asked := p.asked.Load(); asked < 4 || asked > 10 {
		t.Errorf("keys were fetched %d times", asked)
	}

	forged := newProvider(t)
	if a, err := g.ask(query{path: "/films", token: forged.token("mallory")}); err != nil || a.status != http.StatusUnauthorized {
		t.Errorf("a token of another provider: %v, %v", a, err)
	}
}

// TestStartWithoutKeyServer starts a gateway while the key server is away: nobody is told that a valid token is not.
func TestStartWithoutKeyServer(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.down.Store(true)
	g := start(t, pgtest.Database(t, fixture),
		"PGRST_JWT_SECRET="+p.server.URL+"/jwks.json", "SSL_CERT_FILE="+p.certificate())
	g.eventually("films for everybody", func() bool { return g.get("/films").status == http.StatusOK })
	ask := func() *answer {
		a, err := g.ask(query{path: "/films", token: p.token("somebody")})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := ask(); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "TRUNK503") || a.header.Get("Retry-After") != "1" {
		t.Errorf("without keys: %v", a)
	}
	if status, body := g.askAdmin("/ready"); status != http.StatusServiceUnavailable || !strings.Contains(body, p.server.URL) {
		t.Errorf("without keys, /ready: %d %s", status, body)
	}
	p.down.Store(false)
	g.eventually("ready", func() bool { return g.admin("/ready") == http.StatusOK })
	if a := ask(); a.status != http.StatusOK {
		t.Errorf("with keys: %v", a)
	}
	p.down.Store(true)
	if a := ask(); a.status != http.StatusOK || g.admin("/ready") != http.StatusOK {
		t.Errorf("with known keys, and no key server: %v", a)
	}
}

// TestSuccessorWaitsForKeys hands over while the key server is away: every token is accepted throughout.
func TestSuccessorWaitsForKeys(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	g := start(t, pgtest.Database(t, fixture), "PGRST_JWT_SECRET="+p.server.URL+"/jwks.json", "SSL_CERT_FILE="+p.certificate(),
		"PGRST_SERVER_REUSEPORT=true", "PGRST_SERVER_PORT="+freePort(t))
	g.settle()
	accepted := func() {
		t.Helper()
		for range 50 {
			a, err := g.ask(query{path: "/films?limit=1", token: p.token("somebody")})
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("got %v, %v", a, err)
			}
			think(thought)
		}
	}
	p.down.Store(true)
	before := p.asked.Load()
	g.signal(syscall.SIGHUP)
	g.eventually("the successor asks for keys", func() bool { accepted(); return p.asked.Load() >= before+3 })
	p.down.Store(false)
	g.eventually("handed over", func() bool { accepted(); return len(g.successors()) == 1 })
	successor := g.successors()[0]
	t.Cleanup(func() { _ = syscall.Kill(successor, syscall.SIGKILL) })
	accepted()
}
