package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// newClient returns a client that keeps all its connections open.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}, Timeout: patience}
}

// query is what a client sends. A zero method means GET.
type query struct {
	method, path, token, body string
	headers                   map[string]string
}

// answer is a complete response.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a *answer) String() string { return fmt.Sprint(a.status, " ", a.body) }

// ask sends a query and reads the whole answer.
func (g *gateway) ask(q query) (*answer, error) {
	if q.method == "" {
		q.method = http.MethodGet
	}
	request, err := http.NewRequest(q.method, g.url+q.path, strings.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if q.method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	if q.token != "" {
		request.Header.Set("Authorization", "Bearer "+q.token)
	}
	for name, value := range q.headers {
		request.Header.Set(name, value)
	}
	response, err := g.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, string(body)}, err
}

// get requests a path. It fails the test if the request itself fails.
func (g *gateway) get(path string) *answer {
	g.t.Helper()
	a, err := g.ask(query{path: path})
	if err != nil {
		g.t.Fatal(err)
	}
	return a
}

// wants fails the test unless a GET of path is answered with status and body.
func (g *gateway) wants(path string, status int, body string) {
	g.t.Helper()
	if a := g.get(path); a.status != status || a.body != body {
		g.t.Errorf("%s: got %v, want %d %s", path, a, status, body)
	}
}

// user returns a user's token.
func user(t *testing.T, name string) string {
	t.Helper()
	return member(t, "e2e_user", name)
}

// member returns a token of a user with a role.
func member(t *testing.T, role, name string) string {
	t.Helper()
	return signed(t, secret, role, name)
}

// signed returns a token of a user with a role, signed with a secret.
func signed(t *testing.T, secret, role, name string) string {
	t.Helper()
	claims := jwt.MapClaims{"role": role, "sub": name}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// page is a request of the load and its expected body.
type page struct{ path, body string }

// pages returns requests to the fixture with their bodies.
func pages() []page {
	return []page{
		{"/films?id=eq.7&select=id,title", `[{"id":7,"title":"Film 7"}]`},
		{"/films?id=lte.2&select=id&order=id", "[{\"id\":1}, \n {\"id\":2}]"},
		{"/rpc/add?a=19&b=23", "42"},
		{"/films?id=gt.20", "[]"},
	}
}

// thought is the usual bound of the time that clients wait between an answer and the next request. Without such a time,
// a few clients keep all processors busy for as long as a test waits for something that takes seconds.
const thought = 8 * time.Millisecond

// think waits for a random time, less than most or 0.
func think(most time.Duration) { time.Sleep(rand.N(most + 1)) }

// load is a number of clients that send requests one after another.
type load struct {
	t       *testing.T
	ended   chan struct{}
	clients sync.WaitGroup
	served  atomic.Int64 // answers with status 200
	refused atomic.Int64 // other answers that tolerate let pass
}

// loadWith starts a load of clients that think for less than thought after each answer. Each answer must have status 200
// and the expected body, or else tolerate, if it is not nil, must return nil for it. The load ends with the test at the
// latest.
func (g *gateway) loadWith(clients int, thought time.Duration, tolerate func(*answer) error) *load {
	l := &load{t: g.t, ended: make(chan struct{})}
	for n := range clients {
		l.clients.Go(func() {
			for i := n; !l.hasEnded(); i++ {
				if err := l.once(g, pages()[i%len(pages())], tolerate); err != nil {
					l.t.Error(err)
					return
				}
				think(thought)
			}
		})
	}
	g.t.Cleanup(func() { l.end() })
	return l
}

func (l *load) once(g *gateway, p page, tolerate func(*answer) error) error {
	a, err := g.ask(query{path: p.path})
	switch {
	case err != nil:
		return err
	case a.status == http.StatusOK && a.body == p.body:
		l.served.Add(1)
		return nil
	case tolerate == nil || a.status == http.StatusOK:
		return fmt.Errorf("%s: got %v", p.path, a)
	}
	l.refused.Add(1)
	return tolerate(a)
}

func (l *load) hasEnded() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// end ends the load, and fails the test if nothing was served.
func (l *load) end() {
	l.t.Helper()
	if l.hasEnded() {
		return
	}
	close(l.ended)
	l.clients.Wait()
	if l.served.Load() == 0 {
		l.t.Error("the load was not served at all")
	}
	l.t.Logf("%d requests served, %d refused", l.served.Load(), l.refused.Load())
}

// unavailable accepts the answers that clients may get while the database is down. Retry-After is the time until the
// gateway's next attempt; it is absent if the outage has only just been noticed.
func unavailable(a *answer) error {
	if a.status != http.StatusServiceUnavailable {
		return fmt.Errorf("while the database is away: %v", a)
	}
	if after, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || after < 0 || after > 32 {
		return fmt.Errorf("503 with Retry-After: %q %s", a.header.Get("Retry-After"), a.body)
	}
	return nil
}
