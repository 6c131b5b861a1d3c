//go:build !unix

package session

import "net"

// probe is not supported on this system.
type probe struct{}

func (*probe) init(net.Conn, bool) {}

// Stale reports whether the server has closed an idle session. On this system it always returns false.
func (*Session) Stale() bool { return false }
