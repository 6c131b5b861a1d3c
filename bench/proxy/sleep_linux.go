package proxy

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleep sleeps by the clock of the system.
func sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	left := unix.NsecToTimespec(d.Nanoseconds())
	for unix.Nanosleep(&left, &left) == unix.EINTR { // resumes with the remaining time
	}
}
