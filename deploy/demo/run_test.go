package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"trunkline/deploy/freeport"
	"trunkline/deploy/gatewaytest"
	"trunkline/deploy/localpg"
	"trunkline/deploy/localpg/pgtest"
)

func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the gateway and starts two processes")
	}
	o := options{dir: pgtest.Dir(t), gateway: buildGateway(t), port: freePort(t)}

	d := startDemo(t, o)
	for _, try := range tries() {
		for _, r := range try.requests {
			if rows := d.await(t, r); len(rows) == 0 {
				t.Errorf("%s: %s answers nothing", try.shows, r.path)
			}
		}
	}
	for _, path := range documented(t) {
		if rows, err := d.ask(request{path: path}, ""); err != nil || len(rows) == 0 {
			t.Errorf("%s answers %d rows (%v)", path, len(rows), err)
		}
	}
	token, err := demoToken()
	if err != nil {
		t.Fatal(err)
	}
	d.tryExamples(t, token)
	if rows, err := d.ask(request{path: "/watchlist?select=films(title)"}, token); err != nil || len(rows) != 3 {
		t.Errorf("the user called demo finds %d films on the watchlist (%v), want 3", len(rows), err)
	}
	d.stop(t)

	d = startDemo(t, o)
	if rows, err := d.ask(request{path: "/films_of_the_1970s?limit=3"}, ""); err != nil || len(rows) != 3 {
		t.Errorf("after a restart the new view has %d rows (%v), want 3", len(rows), err)
	}
	d.stop(t)
	requireContains(t, d.out.String(), o.curls()...)
}

func TestDemoTellsThatTheGatewayEnded(t *testing.T) {
	gateway, err := exec.LookPath("false")
	if err != nil {
		t.Fatal(err)
	}
	dir := pgtest.Dir(t)
	err = run(t.Context(), options{dir: dir, gateway: gateway, port: freePort(t)}, io.Discard, io.Discard)
	if !errors.Is(err, errGatewayEnded) {
		t.Errorf("run: %v, want %v", err, errGatewayEnded)
	}
	if err := localpg.Remove(t.Context(), dir); err != nil {
		t.Errorf("the database still runs: %v", err)
	}
}

// documented returns the paths of the examples in docs/extensions.md.
func documented(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/extensions.md")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, m := range regexp.MustCompile(`(?m)^curl .*'http://localhost:3000(/.*)'$`).FindAllStringSubmatch(string(text), -1) {
		paths = append(paths, m[1])
	}
	if len(paths) == 0 {
		t.Fatal("there are no examples")
	}
	return paths
}

// running is a demo that runs.
type running struct {
	url    string
	out    *transcript
	cancel context.CancelFunc
	ended  chan error
}

func startDemo(t *testing.T, o options) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d := &running{url: o.url(), out: new(transcript), cancel: cancel, ended: make(chan error, 1)}
	go func() { d.ended <- run(ctx, o, d.out, d.out) }()
	for !strings.Contains(d.out.String(), "Ctrl-C stops both") {
		select {
		case err := <-d.ended:
			t.Fatalf("the demo ended: %v\n%s", err, d.out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return d
}

func (d *running) stop(t *testing.T) {
	t.Helper()
	d.cancel()
	if err := <-d.ended; err != nil {
		t.Errorf("the demo failed: %v\n%s", err, d.out)
	}
}

// await asks until the answer is good: a change of the schema takes a moment.
func (d *running) await(t *testing.T, r request) []any {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		rows, err := d.ask(r, "")
		if err == nil {
			return rows
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", r.path, err)
		}
	}
}

// ask sends a request and returns the rows of its answer, which is one row if it is no array.
func (d *running) ask(r request, token string) ([]any, error) {
	req, err := http.NewRequest(http.MethodGet, d.url+r.path, nil)
	if r.form != "" {
		req, err = http.NewRequest(http.MethodPost, d.url+r.path, strings.NewReader(r.form))
	}
	if err != nil {
		return nil, err
	}
	if r.form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status + ": " + string(body))
	}
	var answer any
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if rows, ok := answer.([]any); ok {
		return rows, nil
	}
	return []any{answer}, nil
}

// curls returns the command lines that the demo prints.
func (o options) curls() []string {
	var lines []string
	for _, try := range tries() {
		for _, r := range try.requests {
			lines = append(lines, r.curl(o.url()))
		}
	}
	return lines
}

// transcript collects what is printed.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func buildGateway(t *testing.T) string {
	t.Helper()
	path, err := gatewaytest.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := freeport.Find(1)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func requireContains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}
