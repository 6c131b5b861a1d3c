//go:build !linux

package socket

import "net"

// keepAway does nothing: what arrives until the socket is closed is accepted.
func keepAway(stoppableListener) {}

// acceptWaiting returns nil: what waits when the time is up is lost.
func acceptWaiting(stoppableListener) net.Conn { return nil }
