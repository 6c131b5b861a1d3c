package socket

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a listener whose Accept returns errors, one after the other; nil means a connection.
type failing struct {
	net.Listener
	results []error
}

func (f *failing) Accept() (net.Conn, error) {
	err := f.results[0]
	f.results = f.results[1:]
	if err != nil {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", err)}
	}
	near, _ := net.Pipe()
	return near, nil
}

func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const none, aborted, full = syscall.EMFILE, syscall.ECONNABORTED, syscall.ENOBUFS
		results := []error{nil, none, aborted, none, full, nil, aborted, nil, syscall.ENFILE, wsaTooManyFiles, wsaNoBuffers, nil, syscall.EINVAL}
		var troubles []error
		ln := Patient(&failing{results: results}, func(err error) { troubles = append(troubles, err) })
		began := time.Now()
		for range 4 {
			c, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
		}
		if len(troubles) != 2 || !errors.Is(troubles[0], none) || !errors.Is(troubles[1], syscall.ENFILE) {
			t.Errorf("reported %v", troubles)
		}
		if took := time.Since(began); took < 3*firstPause || took > time.Second {
			t.Errorf("paused for %v", took)
		}
		if _, err := ln.Accept(); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("error %v", err)
		}
	})
}
