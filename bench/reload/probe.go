package reload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"trunkline/bench/stack"
)

const (
	// pause is how long a client that waits for a change to be served waits between two requests.
	pause = time.Millisecond
	// patience is how long a change may take to be served at most.
	patience = 3 * time.Minute
)

// probe is a client that waits for changes to be served.
type probe struct {
	server *stack.Server
	client *http.Client
}

func newProbe(server *stack.Server) *probe {
	return &probe{server, &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

func (p *probe) close() { p.client.CloseIdleConnections() }

// served is how a change came to be served.
type served struct {
	after time.Duration
	// refused is the number of other answers before, firstRefusal the first of them.
	refused      int
	firstRefusal string
}

// await repeats a request until it is answered with 2xx.
func (p *probe) await(ctx context.Context, r request, since time.Time) (served, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var s served
	for {
		status, answer, err := p.send(ctx, r)
		switch {
		case err != nil:
			return s, err
		case status < http.StatusMultipleChoices:
			s.after = time.Since(since)
			return s, nil
		}
		if s.refused++; s.refused == 1 {
			s.firstRefusal = fmt.Sprintf("%s %s: status %d: %.200s", r.method, r.path, status, answer)
		}
		if err := sleep(ctx, pause); err != nil {
			return s, fmt.Errorf("%s %s is not served: %w; last %.200s", r.method, r.path, err, answer)
		}
	}
}

// send sends a request to the API.
func (p *probe) send(ctx context.Context, r request) (status int, answer string, err error) {
	return p.do(ctx, r, p.server.Addr)
}

func (p *probe) do(ctx context.Context, r request, addr string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, r.method, "http://"+addr+r.path, strings.NewReader(r.body))
	if err != nil {
		return 0, "", fmt.Errorf("making a request: %w", err)
	}
	if r.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := p.client.Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("sending a request: %w", err)
	}
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), errors.Join(err, response.Body.Close())
}

// loads returns how many times the server has loaded its schema, by its metrics.
func (p *probe) loads(ctx context.Context) (int, error) {
	status, text, err := p.do(ctx, request{http.MethodGet, "/metrics", ""}, p.server.Admin)
	if err != nil {
		return 0, err
	}
	const metric = `pgrst_schema_cache_loads_total{status="SUCCESS"} `
	_, after, ok := strings.Cut(text, metric)
	if !ok {
		return 0, fmt.Errorf("the metrics, status %d, have no %s", status, metric)
	}
	var n float64
	if _, err := fmt.Sscan(after, &n); err != nil {
		return 0, fmt.Errorf("reading the metric %s: %w", metric, err)
	}
	return int(n), nil
}

// awaitLoads waits until the schema has been loaded n times.
func (p *probe) awaitLoads(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		have, err := p.loads(ctx)
		if err != nil || have >= n {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return fmt.Errorf("waiting for a load of the schema: %w", err)
		}
	}
}

// awaitQuiet waits until the schema has not been loaded for a while, and returns how many times it has been.
func (p *probe) awaitQuiet(ctx context.Context, while time.Duration) (int, error) {
	for last := -1; ; {
		n, err := p.loads(ctx)
		if err != nil || n == last {
			return n, err
		}
		last = n
		if err := sleep(ctx, while); err != nil {
			return n, err
		}
	}
}

// sleep waits for d, or returns the error of ctx if that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
