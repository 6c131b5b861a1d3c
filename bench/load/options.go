package load

import (
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"trunkline/bench/scenario"
)

// Options say what a load consists of and how its answers count.
type Options struct {
	// Addr is the server's host:port or the path of its unix socket, Requests what is sent to it in turn.
	Addr     string
	Requests []scenario.Concrete
	Duration time.Duration

	// Clients send one request after the other in a closed loop, with a pause of Think between them.
	Clients int
	Think   time.Duration

	// Rate is the number of requests in a second of an open loop; 0 makes it a closed one. Outstanding bounds those
	// under way, and so the connections; those beyond it wait, and their wait is part of their latency.
	Rate        float64
	Outstanding int

	// Allow503 has an answer of 503 count as refused and not as failed.
	Allow503 bool
	// Large has bodies read in pieces and forgotten, instead of held in memory. That takes more of the processor for
	// small ones.
	Large bool
	// Answered counts the answers while they come in; it may be nil.
	Answered *atomic.Int64
}

// Network is that of an address: "unix" for the path of a socket, "tcp" for host:port.
func Network(addr string) string {
	if filepath.IsAbs(addr) {
		return "unix"
	}
	return "tcp"
}

// dial connects to the server.
func (o *Options) dial(string) (net.Conn, error) {
	conn, err := net.Dial(Network(o.Addr), o.Addr)
	if err != nil {
		return nil, fmt.Errorf("connecting to the server: %w", err)
	}
	return conn, nil
}

// host is what requests say in their header Host.
func (o *Options) host() string {
	if Network(o.Addr) == "unix" {
		return "localhost"
	}
	return o.Addr
}

// connections is how many the load opens at most.
func (o *Options) connections() int {
	if o.Rate > 0 {
		return min(max(o.Outstanding, 1), max(o.offered(), 1))
	}
	return max(o.Clients, 1)
}

// offered is the number of requests that fall due in an open loop.
func (o *Options) offered() int { return int(o.Rate * o.Duration.Seconds()) }

// due is the time from the start at which the i-th request of an open loop is due.
func (o *Options) due(i int) time.Duration {
	return time.Duration(float64(i) / o.Rate * float64(time.Second))
}
