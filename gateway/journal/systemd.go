package journal

import (
	"net"
	"os"
)

// tellServiceManager sends a state to systemd, if it supervises the process (sd_notify(3)). Errors are ignored.
func tellServiceManager(state string) {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte(state))
	_ = conn.Close()
}
