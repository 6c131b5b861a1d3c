// Package freeport finds TCP ports for servers that tests and benchmarks start.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports are below those that systems give to outgoing connections and to listeners that ask for any port (from 32768
// on Linux, 49152 elsewhere): between the search and the start of the server, one of these would soon have the port.
const (
	first = 10_000
	last  = 32_000
)

// tries bounds the search.
const tries = 200

// Find returns the first of count ports in a row on which nobody listens at 127.0.0.1.
func Find(count int) (int, error) {
	for range tries {
		port := first + rand.N(last-first-count)
		if areFree(port, count) {
			return port, nil
		}
	}
	return 0, errors.New("freeport: none found")
}

// areFree reports whether count ports are free, from one on.
func areFree(port, count int) bool {
	for i := range count {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+i))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}
