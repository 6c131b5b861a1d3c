package gateway

import "testing"

func TestBoundedConnections(t *testing.T) {
	for _, tt := range []struct {
		wanted, pool int
		files        uint64
		want         int
	}{
		{16384, 10, 1 << 20, 16384},
		{16384, 10, 1024, 1024 - 10 - reservedFiles},
		{100, 10, 1024, 100},
		{100, 10, 10, 1},
		{100, 10, ^uint64(0), 100},
	} {
		if got := boundedConnections(tt.wanted, tt.pool, tt.files); got != tt.want {
			t.Errorf("%v: %d", tt, got)
		}
	}
}
