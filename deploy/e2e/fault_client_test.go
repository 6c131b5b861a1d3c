package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// clientFaults are those of clients, and of those who issue tokens.
func clientFaults() []*fault {
	return []*fault{
		{
			name: "idle clients", part: "clients", long: true, answers: []string{"503 TRUNK503", "504 PGRST003"},
			begin: func(d *deployment) { d.idle(map[bool]int{true: 5000, false: 300}[*chaosTime > 0]) },
			end:   func(d *deployment) { d.leave() },
		},
		{
			name: "slow senders", part: "clients",
			begin: func(d *deployment) { d.gather(100, sendSlowly) },
			end:   func(d *deployment) { d.leave() },
		},
		{
			name: "slow readers", part: "clients", long: true, answers: []string{"503 TRUNK503", "504 PGRST003"},
			begin: func(d *deployment) { d.gather(20, readSlowly) },
			end:   func(d *deployment) { d.leave() },
		},
		{
			name: "issuers whose clocks are wrong", part: "operations",
			begin: func(d *deployment) { d.add(d.skewed()...) },
			end:   func(d *deployment) { d.add() },
		},
		keyServer("key server down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }),
		keyServer("key server lies", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) }),
		keyServer("key server sends nonsense without end", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("nonsense", 1000)); err != nil {
					return
				}
			}
		}),
		keyServer("key server silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
	}
}

// keyServer returns a fault in which somebody answers in place of the provider of keys. Tokens with an unknown key make
// the gateway ask for it.
func keyServer(name string, instead http.HandlerFunc) *fault {
	return &fault{
		name: name, part: "keys", long: true,
		begin: func(d *deployment) { d.keys.instead.Store(&instead) },
		end:   func(d *deployment) { d.keys.instead.Store(nil) },
	}
}

// skewed returns requests with tokens whose times are around now. 30 seconds are tolerated.
func (d *deployment) skewed() (list []*operation) {
	now := time.Now()
	for _, skew := range []struct {
		claim  string
		by     time.Duration
		status int
	}{
		// They have to hold while the fault lasts, however slow the machine is.
		{"exp", time.Hour, 200},
		{"exp", -40 * time.Second, 401},
		{"nbf", -time.Hour, 200},
		{"nbf", time.Hour, 401},
		{"iat", -time.Hour, 200},
		{"iat", time.Hour, 401},
	} {
		token := d.keys.sign(jwt.MapClaims{"role": "e2e_user", "sub": "somebody", skew.claim: now.Add(skew.by).Unix()})
		list = append(list, &operation{
			name: "token with " + skew.claim, method: "GET", path: "/films?id=eq.1", headers: "Authorization: Bearer " + token + "\r\n",
			status: skew.status,
		})
	}
	return list
}

// gather has a number of clients do something, each on a connection of its own, until leave is called.
func (d *deployment) gather(n int, what func(c net.Conn)) {
	d.t.Helper()
	var conns []net.Conn
	var group sync.WaitGroup
	for range n {
		c, err := d.load.dial()
		if err != nil {
			d.t.Error(err)
			break
		}
		conns = append(conns, c)
		group.Go(func() { what(c) })
	}
	d.leave = func() {
		for _, c := range conns {
			_ = c.Close()
		}
		group.Wait()
	}
}

// idle has clients connect, of which each second one sends a request first. Every third one has its sending direction
// closed, so that its connection is half open.
func (d *deployment) idle(n int) {
	var turn sync.Mutex
	i := 0
	d.gather(n, func(c net.Conn) {
		turn.Lock()
		i++
		mine := i
		turn.Unlock()
		if mine%2 == 0 {
			_, _ = io.WriteString(c, "GET /films?id=eq.1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
		}
		if mine%3 == 0 {
			_ = c.(*net.TCPConn).CloseWrite()
		}
		_, _ = io.Copy(io.Discard, c)
	})
}

// sendSlowly sends a write a byte at a time, which is never complete.
func sendSlowly(c net.Conn) {
	const request = "POST /written HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
	for i := 0; ; i++ {
		b := []byte{' '}
		if i < len(request) {
			b[0] = request[i]
		}
		if _, err := c.Write(b); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// readSlowly requests a large answer and reads a little of it now and then.
func readSlowly(c net.Conn) {
	_, _ = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", letters(huge))
	for b := make([]byte, 1000); ; time.Sleep(10 * time.Millisecond) {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}
