// Package proxy stands between a server and its database: it delays every byte, as a network would, or records the
// statements that pass.
package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Proxy passes connections on to a database.
type Proxy struct {
	listener        net.Listener
	network, target string
	uri             string
	delay           time.Duration
	observe         func() io.Writer // makes an observer of what a connection's client sends; nil for none

	waiting atomic.Int32 // directions that wait for a moment to come

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	group sync.WaitGroup
}

// Start listens on loopback and passes each connection to the database of a connection string, every byte later by
// delay in each direction.
func Start(uri string, delay time.Duration) (*Proxy, error) { return start(uri, delay, nil) }

func start(uri string, delay time.Duration, observe func() io.Writer) (*Proxy, error) {
	config, err := pgx.ParseConfig(uri)
	if err != nil {
		return nil, fmt.Errorf("reading the connection string: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	p := &Proxy{listener: listener, delay: delay, observe: observe, conns: map[net.Conn]struct{}{}}
	p.network, p.target = "tcp", net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
	if len(config.Host) > 0 && config.Host[0] == '/' {
		p.network, p.target = "unix", fmt.Sprintf("%s/.s.PGSQL.%d", config.Host, config.Port)
	}
	p.uri = fmt.Sprintf("host=127.0.0.1 port=%d dbname='%s' user='%s' password='%s' sslmode=disable",
		listener.Addr().(*net.TCPAddr).Port, config.Database, config.User, config.Password)
	p.group.Go(p.accept)
	return p, nil
}

// URI is the connection string that leads through the proxy.
func (p *Proxy) URI() string { return p.uri }

// Close ends all connections and waits until nothing is left.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.group.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		server, err := net.Dial(p.network, p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.keep(client, server)
		var from io.Reader = client
		if p.observe != nil {
			from = io.TeeReader(client, p.observe())
		}
		p.group.Go(func() { p.pass(server, from, client) })
		p.group.Go(func() { p.pass(client, server, server) })
	}
}

// wait waits until a moment. The runtime's timers wake an idle process up to a millisecond late, which is as much as the
// distance that is to be shown: so who is alone sleeps by the clock of the system. With others there is always something
// to do that looks at the timers, and threads that sleep would be in the way.
func (p *Proxy) wait(until time.Time) {
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) == 1 {
		sleep(time.Until(until))
		return
	}
	time.Sleep(time.Until(until))
}

func (p *Proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
}

// pass copies one direction until it ends, then closes both.
func (p *Proxy) pass(to net.Conn, from io.Reader, source net.Conn) {
	defer func() { _, _ = to.Close(), source.Close() }()
	if p.delay == 0 {
		_, _ = io.Copy(to, from)
		return
	}
	p.passLate(to, from)
}

// chunk is what was read at one moment.
type chunk struct {
	due  time.Time
	data []byte
}

// passLate writes what was read when its delay has passed. Reading goes on meanwhile, so that the delay is one of
// distance and not of bandwidth.
func (p *Proxy) passLate(to io.Writer, from io.Reader) {
	chunks := make(chan chunk, 1024)
	var writing sync.WaitGroup
	writing.Go(func() {
		for c := range chunks {
			p.wait(c.due)
			if _, err := to.Write(c.data); err != nil {
				for range chunks { // the reader must not block
				}
				return
			}
		}
	})
	for {
		data := make([]byte, 32<<10)
		n, err := from.Read(data)
		if n > 0 {
			chunks <- chunk{time.Now().Add(p.delay), data[:n]}
		}
		if err != nil {
			break
		}
	}
	close(chunks)
	writing.Wait()
}
