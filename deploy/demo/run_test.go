package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
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
	o := Options{Dir: pgtest.Dir(t), Executable: buildGateway(t), Port: freePort(t)}

	d := startDemo(t, o)
	for _, try := range tries() {
		for _, r := range try.requests {
			if rows := d.await(t, r); len(rows) == 0 || r.user && len(rows) != 3 {
				t.Errorf("%s: %s answers nothing", try.shows, r.path)
			}
		}
	}
	for _, path := range documented(t) {
		if rows, err := d.ask(request{path: path}); err != nil || len(rows) == 0 {
			t.Errorf("%s answers %d rows (%v)", path, len(rows), err)
		}
	}
	user, err := token("web_user")
	if err != nil {
		t.Fatal(err)
	}
	d.tryExamples(t, user)
	d.expectPages(t)
	d.stop(t)

	d = startDemo(t, o)
	if rows, err := d.ask(request{path: "/films_of_the_1970s?limit=3"}); err != nil || len(rows) != 3 {
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
	err = Run(t.Context(), Options{Dir: dir, Executable: gateway, Port: freePort(t), Out: io.Discard, Log: io.Discard})
	if !errors.Is(err, errGatewayEnded) {
		t.Errorf("run: %v, want %v", err, errGatewayEnded)
	}
	if err := localpg.Remove(t.Context(), dir); err != nil {
		t.Errorf("the database still runs: %v", err)
	}
}

// expectPages looks at the addresses that are printed.
func (d *running) expectPages(t *testing.T) {
	t.Helper()
	for path, want := range map[string]string{
		"/docs": "<html", "/metrics": "trunkline_build_info", "/ready": "",
	} {
		response, err := http.Get(d.o.adminURL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d, %v, no %q in\n%s", path, response.StatusCode, err, want, body)
		}
	}
}

// TestBusyPort has a port taken by another process.
func TestBusyPort(t *testing.T) {
	port := takePort(t)
	for _, first := range []int{port, port - 1} {
		err := Run(t.Context(), Options{Dir: t.TempDir(), Port: first, Out: io.Discard, Log: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "DEMO_PORT=") || !strings.Contains(err.Error(), fmt.Sprintf("port %d cannot", port)) {
			t.Errorf("from port %d: %v", first, err)
		}
	}
}

// takePort takes a port, behind one that is free, until the test ends.
func takePort(t *testing.T) int {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		port := l.Addr().(*net.TCPAddr).Port
		if before, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port-1)); err == nil {
			_ = before.Close()
			return port
		}
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
	o      Options
	out    *transcript
	cancel context.CancelFunc
	ended  chan error
}

func startDemo(t *testing.T, o Options) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d := &running{o: o, out: new(transcript), cancel: cancel, ended: make(chan error, 1)}
	d.o.Out, d.o.Log = d.out, d.out
	go func() { d.ended <- Run(ctx, d.o) }()
	for !strings.Contains(d.out.String(), "The gateway's log, with each request:") {
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
		rows, err := d.ask(r)
		if err == nil {
			return rows
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", r.path, err)
		}
	}
}

// ask sends a request and returns the rows of its answer, which is one row if it is no array.
func (d *running) ask(r request) ([]any, error) {
	req, err := http.NewRequest(http.MethodGet, d.o.url()+r.path, nil)
	if r.form != "" {
		req, err = http.NewRequest(http.MethodPost, d.o.url()+r.path, strings.NewReader(r.form))
	}
	if err != nil {
		return nil, err
	}
	if r.form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if r.user {
		text, err := token("web_user")
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+text)
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
func (o *Options) curls() []string {
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
	port, err := freeport.Find(2)
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
