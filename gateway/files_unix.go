//go:build unix

package gateway

import "golang.org/x/sys/unix"

// maxFiles returns how many files the process may open.
func maxFiles() (n uint64, limited bool) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0, false
	}
	return uint64(limit.Cur), true // signed on some systems
}
