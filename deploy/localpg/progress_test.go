package localpg

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestProgress writes for five seconds: there is a line every other second.
func TestProgress(t *testing.T) {
	for total, want := range map[int64]string{
		10_000_000: "localpg: 2.0 of 10.0 MB\nlocalpg: 4.0 of 10.0 MB\n",
		-1:         "localpg: 2.0 MB\nlocalpg: 4.0 MB\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			var out strings.Builder
			p := newProgress(total, logger{&out})
			for range 5 {
				time.Sleep(time.Second + time.Millisecond)
				_, _ = p.Write(make([]byte, 1_000_000))
			}
			if out.String() != want {
				t.Errorf("got %q, want %q", out.String(), want)
			}
		})
	}
}
