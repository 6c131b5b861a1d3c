package load

import (
	"context"
	"io"
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

func closed(addr string, clients int, d time.Duration) Options {
	return Options{Addr: addr, Requests: requests(), Clients: clients, Duration: d}
}

func open(addr string, rate float64, d time.Duration) Options {
	return Options{Addr: addr, Requests: requests(), Rate: rate, Duration: d, Outstanding: DefaultOutstanding}
}

func TestClosed(t *testing.T) {
	var seen, answered atomic.Int64
	o := closed(server(t, http.StatusOK, 5*time.Millisecond, &seen), 4, 300*time.Millisecond)
	o.Answered = &answered
	r := Run(t.Context(), o)
	if r.Requests != seen.Load() || r.Requests != answered.Load() || r.Failed != 0 || r.Bytes != 10*r.Requests {
		t.Errorf("%d requests, %d failed (%s), %d bytes; the server saw %d", r.Requests, r.Failed, r.FirstFailure, r.Bytes, seen.Load())
	}
	if r.Latency.TotalCount() != r.Requests || r.Percentile(50) < 5*time.Millisecond {
		t.Errorf("%d latencies with median %v", r.Latency.TotalCount(), r.Percentile(50))
	}
	if most := 4 * (int64(r.Elapsed/(5*time.Millisecond)) + 1); r.Requests > most {
		t.Errorf("%d requests of 4 clients that wait 5 ms each: more than %d in %v", r.Requests, most, r.Elapsed)
	}
}

// TestRequestsArrive has more clients than shards and than requests, which must not mix up what they send.
func TestRequestsArrive(t *testing.T) {
	var wrong atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		get := r.Method == "GET" && r.URL.Path == "/a" && r.Header.Get("X") == "y" && len(body) == 0
		post := r.Method == "POST" && r.URL.Path == "/b" && string(body) == "{}" && r.Header.Get("Content-Type") == "application/json"
		if err != nil || !get && !post {
			wrong.Add(1)
		}
	}))
	t.Cleanup(s.Close)
	addr := strings.TrimPrefix(s.URL, "http://")
	closedLoop(t.Context(), closed(addr, 40, 200*time.Millisecond))
	r := openLoop(t.Context(), open(addr, 500, 200*time.Millisecond))
	if wrong.Load() != 0 || r.Requests == 0 || r.Requests+r.Unsent != 100 {
		t.Errorf("%d wrong requests, %d in the open loop", wrong.Load(), r.Requests)
	}
}

// TestBodiesAfterHead has answers with bodies follow answers without: none may be taken for the next one's.
func TestBodiesAfterHead(t *testing.T) {
	body := strings.Repeat("x", 50_000)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	o := closed(strings.TrimPrefix(s.URL, "http://"), 1, 100*time.Millisecond)
	o.Requests = []scenario.Concrete{{Method: "HEAD", Path: "/"}, {Method: "GET", Path: "/"}}
	r := closedLoop(t.Context(), o)
	if r.Failed != 0 || r.Requests < 2 || r.Bytes != r.Requests/2*int64(len(body)) {
		t.Errorf("%d requests, %d bytes, %d failed (%.200s)", r.Requests, r.Bytes, r.Failed, r.FirstFailure)
	}
}

func TestClosedCountsFailures(t *testing.T) {
	var seen atomic.Int64
	r := closedLoop(t.Context(), closed(server(t, http.StatusTeapot, time.Millisecond, &seen), 2, 50*time.Millisecond))
	if r.Failed != r.Requests || r.Rate() != 0 || !strings.Contains(r.FirstFailure, "status 418") || r.Latency.TotalCount() != 0 {
		t.Errorf("%d of %d failed, rate %.0f, first %q", r.Failed, r.Requests, r.Rate(), r.FirstFailure)
	}
}

func TestThinkTime(t *testing.T) {
	var seen atomic.Int64
	o := closed(server(t, http.StatusOK, 0, &seen), 1, 220*time.Millisecond)
	o.Think = 50 * time.Millisecond
	r := closedLoop(t.Context(), o)
	if n, most := seen.Load(), int64(r.Elapsed/o.Think)+1; n < 1 || n > most {
		t.Errorf("%d requests in %v with pauses of %v", n, r.Elapsed, o.Think)
	}
}

func TestOpenKeepsTheRate(t *testing.T) {
	var seen atomic.Int64
	r := openLoop(t.Context(), open(server(t, http.StatusOK, 20*time.Millisecond, &seen), 100, 500*time.Millisecond))
	if r.Requests+r.Unsent != 50 || r.Offered != 50 || r.Requests == 0 || r.Failed != 0 {
		t.Errorf("%d requests of %d offered, %d failed (%s); want 50 and 0", r.Requests, r.Offered, r.Failed, r.FirstFailure)
	}
	if r.Percentile(50) < 20*time.Millisecond {
		t.Errorf("the median is %v, less than the server takes", r.Percentile(50))
	}
}

// TestOpenChargesStalls has a server that stops for a while: every request that fell due meanwhile must be charged
// with what was left of the stall, though only one connection could see it.
func TestOpenChargesStalls(t *testing.T) {
	var first atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if first.CompareAndSwap(false, true) {
			time.Sleep(300 * time.Millisecond)
		}
	}))
	t.Cleanup(s.Close)
	o := open(strings.TrimPrefix(s.URL, "http://"), 200, 600*time.Millisecond)
	o.Outstanding = 1
	r := openLoop(t.Context(), o)
	if r.Requests+r.Unsent != 120 || r.Requests == 0 {
		t.Fatalf("%d requests, %d unsent; want 120 in all", r.Requests, r.Unsent)
	}
	// Half the requests fell due within the stall and waited between 300 ms and nothing.
	due := r.Percentile(75)
	if due < 120*time.Millisecond {
		t.Errorf("three quarters of the requests took less than %v; want 150ms", due)
	}
	if p := r.Percentile(100); p < 290*time.Millisecond {
		t.Errorf("the longest took %v, less than the stall", p)
	}
	// But only one of them was sent when the server stalled.
	if p := Percentile(r.Sent, 75); p >= due {
		t.Errorf("three quarters of the requests took up to %v once they were sent, and %v in all", p, due)
	}
}

// TestOverload offers a hundred times what a server can handle. The time must be kept, and all unsent requests
// reported.
func TestOverload(t *testing.T) {
	var seen atomic.Int64
	o := open(server(t, http.StatusOK, 10*time.Millisecond, &seen), 40_000, 400*time.Millisecond)
	o.Outstanding = 4 // at 10 ms each, they get 400 answers in a second
	r := openLoop(t.Context(), o)
	const all = 40 * time.Second // to send all of them
	most := 4 * (int64(r.Elapsed/(10*time.Millisecond)) + 1)
	if r.Elapsed > all/2 || r.Offered != 16_000 || r.Requests+r.Unsent != r.Offered || r.Requests > most {
		t.Errorf("%v for %d requests of %d, %d unsent", r.Elapsed, r.Requests, r.Offered, r.Unsent)
	}
	if p := r.Percentile(90); p < 200*time.Millisecond {
		t.Errorf("in a queue that only grows nine of ten requests took less than %v", p)
	}
}

// TestRefusals has a server that refuses every other request, at once.
func TestRefusals(t *testing.T) {
	var turn atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if turn.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}))
	t.Cleanup(s.Close)
	o := open(strings.TrimPrefix(s.URL, "http://"), 200, 500*time.Millisecond)
	o.Allow503 = true
	r := openLoop(t.Context(), o)
	if r.Requests+r.Unsent != 100 || r.Refused == 0 || r.Refused != r.Requests/2 || r.Failed != 0 {
		t.Errorf("%d requests, %d refused, %d failed (%s)", r.Requests, r.Refused, r.Failed, r.FirstFailure)
	}
	// The server is asked in turn, so that whatever else takes time takes it for both.
	if good, refused := r.Percentile(50), Percentile(r.Refusals, 50); good < 50*time.Millisecond || refused >= good {
		t.Errorf("good answers after %v, refusals after %v", good, refused)
	}
	o.Allow503 = false
	if r := openLoop(t.Context(), o); r.Refused != 0 || r.Failed != r.Requests/2 || !strings.Contains(r.FirstFailure, "status 503") {
		t.Errorf("refusals not allowed: %d refused, %d failed (%s)", r.Refused, r.Failed, r.FirstFailure)
	}
}

func TestCancelEndsAnOpenLoop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
	t.Cleanup(s.Close)
	r := openLoop(ctx, open(strings.TrimPrefix(s.URL, "http://"), 0.01, 10*time.Hour))
	if r.Requests != 1 || r.Unsent != 359 {
		t.Errorf("%d requests, %d unsent in %v", r.Requests, r.Unsent, r.Elapsed)
	}
}

func TestOnce(t *testing.T) {
	var seen atomic.Int64
	r := Once(server(t, http.StatusOK, 0, &seen), requests()[1])
	if r.Requests != 1 || r.Failed != 0 || seen.Load() != 1 {
		t.Errorf("%d requests, %d failed, %d seen", r.Requests, r.Failed, seen.Load())
	}
}
