// Package proxy sits between a server and its database. It delays every byte, as a network would, or records the
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
	observe         func() io.Writer // returns an observer of what a connection's client sends; nil for none

	waiting atomic.Int32 // number of directions that are waiting

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	group sync.WaitGroup
}

// Start listens on the loopback interface and passes each connection on to the database of a connection string. Every
// byte is delayed by delay in each direction.
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

// URI returns the connection string of the proxy.
func (p *Proxy) URI() string { return p.uri }

// Close ends all connections and waits for their goroutines.
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

// wait waits until a moment. The runtime's timers wake an idle process up to a millisecond late, which is as long as
// the delays to be measured. A single waiter therefore sleeps in a system call. With several, the process is not idle,
// and threads in system calls would get in the way.
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

// chunk is the result of one read.
type chunk struct {
	due  time.Time
	data []byte
}

// passLate writes each chunk after its delay. It reads on meanwhile, so that the delay does not limit the bandwidth.
func (p *Proxy) passLate(to io.Writer, from io.Reader) {
	chunks := make(chan chunk, 1024)
	var writing sync.WaitGroup
	writing.Go(func() {
		for c := range chunks {
			p.wait(c.due)
			if _, err := to.Write(c.data); err != nil {
				for range chunks { // so that the reader does not block
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
