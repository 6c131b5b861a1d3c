//go:build unix

package exec

import (
	"syscall"
	"testing"
	"time"
)

// reportCPU reports this process's processor time per operation, which other processes disturb less than the clock.
func reportCPU(b *testing.B) {
	b.Helper()
	before := processorTime(b)
	b.Cleanup(func() { b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op") })
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
