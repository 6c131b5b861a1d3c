package load

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/bench/scenario"
)

// server answers after a while and counts.
func server(t *testing.T, status int, wait time.Duration, seen *atomic.Int64) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		time.Sleep(wait)
		w.WriteHeader(status)
		_, _ = w.Write([]byte("0123456789"))
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func requests() []scenario.Concrete {
	return []scenario.Concrete{
		{Method: "GET", Path: "/a", Headers: [][2]string{{"X", "y"}}},
		{Method: "POST", Path: "/b", Body: []byte("{}")},
	}
}

func TestClosed(t *testing.T) {
	var seen atomic.Int64
	addr := server(t, http.StatusOK, 5*time.Millisecond, &seen)
	r := Closed(t.Context(), addr, requests(), 4, 0, 300*time.Millisecond)
	if r.Requests != seen.Load() || r.Failed != 0 || r.Bytes != 10*r.Requests {
		t.Errorf("%d requests, %d failed (%s), %d bytes; the server saw %d", r.Requests, r.Failed, r.FirstFailure, r.Bytes, seen.Load())
	}
	if r.Latency.TotalCount() != r.Requests || r.Percentile(50) < 5*time.Millisecond {
		t.Errorf("%d latencies with median %v", r.Latency.TotalCount(), r.Percentile(50))
	}
	if most := 4 * 300 / 5; r.Requests > int64(most)+8 {
		t.Errorf("%d requests of 4 clients that wait 5 ms each: more than %d", r.Requests, most)
	}
}

func TestClosedCountsFailures(t *testing.T) {
	var seen atomic.Int64
	r := Closed(t.Context(), server(t, http.StatusTeapot, time.Millisecond, &seen), requests(), 2, 0, 50*time.Millisecond)
	if r.Failed != r.Requests || r.Rate() != 0 || !strings.Contains(r.FirstFailure, "status 418") {
		t.Errorf("%d of %d failed, rate %.0f, first %q", r.Failed, r.Requests, r.Rate(), r.FirstFailure)
	}
}

func TestThinkTime(t *testing.T) {
	var seen atomic.Int64
	Closed(t.Context(), server(t, http.StatusOK, 0, &seen), requests(), 1, 50*time.Millisecond, 220*time.Millisecond)
	if n := seen.Load(); n < 2 || n > 6 {
		t.Errorf("%d requests in 220 ms with pauses of 50 ms", n)
	}
}

// TestOpenChargesStalls has a server that takes longer than the interval between requests: in an open loop the wait
// for its turn counts.
func TestOpenChargesStalls(t *testing.T) {
	var seen atomic.Int64
	r := Open(t.Context(), server(t, http.StatusOK, 20*time.Millisecond, &seen), requests(), 100, 500*time.Millisecond)
	if r.Requests != 50 || r.Failed != 0 {
		t.Errorf("%d requests, %d failed (%s); want 50 and 0", r.Requests, r.Failed, r.FirstFailure)
	}
	if r.Percentile(50) < 20*time.Millisecond {
		t.Errorf("the median is %v, less than the server takes", r.Percentile(50))
	}
}

func TestOnce(t *testing.T) {
	var seen atomic.Int64
	r := Once(server(t, http.StatusOK, 0, &seen), requests()[1])
	if r.Requests != 1 || r.Failed != 0 || seen.Load() != 1 {
		t.Errorf("%d requests, %d failed, %d seen", r.Requests, r.Failed, seen.Load())
	}
}
