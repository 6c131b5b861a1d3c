package load

import (
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"trunkline/bench/scenario"
)

// Options describe a load and how its answers are judged.
type Options struct {
	// Addr is the server's host:port or the path of its unix socket. Requests are sent to it in turn.
	Addr     string
	Requests []scenario.Concrete
	Duration time.Duration

	// Clients is the number of clients in a closed loop. Each pauses for Think between requests.
	Clients int
	Think   time.Duration

	// Rate is the number of requests per second of an open loop; 0 selects a closed one. Outstanding bounds the
	// concurrent requests, and so the connections. Further requests wait, and their wait is part of their latency.
	Rate        float64
	Outstanding int

	// Allow503 makes an answer of 503 count as refused, not as failed.
	Allow503 bool
	// Large makes clients read bodies in pieces and discard them, instead of holding them in memory. For small bodies
	// this takes more processor time.
	Large bool
	// Answered counts the answers as they arrive. It may be nil.
	Answered *atomic.Int64
}

// Network returns the network of an address: "unix" for the path of a socket, "tcp" for host:port.
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

// host returns the value of the Host header.
func (o *Options) host() string {
	if Network(o.Addr) == "unix" {
		return "localhost"
	}
	return o.Addr
}

// connections returns the greatest number of connections that the load opens.
func (o *Options) connections() int {
	if o.Rate > 0 {
		return min(max(o.Outstanding, 1), max(o.offered(), 1))
	}
	return max(o.Clients, 1)
}

// offered returns the number of requests that are due in an open loop.
func (o *Options) offered() int { return int(o.Rate * o.Duration.Seconds()) }

// due returns the time after the start at which the i-th request of an open loop is due.
func (o *Options) due(i int) time.Duration {
	return time.Duration(float64(i) / o.Rate * float64(time.Second))
}
