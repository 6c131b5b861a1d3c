package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"trunkline/bench/load"
)

// Server is a server under test, which the suite started or which was already running.
type Server struct {
	Name string
	// Addr is the host:port of its API, or the path of its unix socket.
	Addr string
	// Admin is the host:port of its admin server, if the suite started it.
	Admin string
	// Prefix precedes the paths of requests. It is "" or such as "/api".
	Prefix string
	// Ready is the time from its start until it was ready, 0 if it was already running.
	Ready time.Duration
	// folder is the directory of its socket, or "".
	folder  string
	command *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{} // closed when the process has ended
}

const (
	// startTimeout is enough for schemas of 100,000 relations.
	startTimeout = 3 * time.Minute
	// settleTime is how long a server without a readiness probe must answer successfully until it counts as ready.
	settleTime = 2 * time.Second
)

// IsURL reports whether a target is a URL rather than a command.
func IsURL(target string) bool {
	return strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://")
}

// RunningServer returns the server at a URL, which consists of http, a host, a port, and optionally a path that
// precedes those of requests.
func RunningServer(name, address string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	if u.Scheme != "http" || u.Port() == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("target %s: want a URL such as http://127.0.0.1:3000/prefix", name)
	}
	return &Server{Name: name, Addr: u.Host, Prefix: strings.TrimSuffix(u.EscapedPath(), "/")}, nil
}

// StartServer runs a command that is configured by PGRST_* variables, and waits until the server is ready: until its
// admin port says so or, if nothing listens there, until its API has answered for a while.
func StartServer(ctx context.Context, name, commandLine string, c Configuration) (*Server, error) {
	words := strings.Fields(commandLine)
	if len(words) == 0 {
		return nil, fmt.Errorf("starting %s: there is no command", name)
	}
	s := &Server{
		Name: name, Addr: fmt.Sprintf("127.0.0.1:%d", c.Port), Admin: fmt.Sprintf("127.0.0.1:%d", c.Port+1),
		ended: make(chan struct{}),
	}
	if c.Unix {
		folder, err := os.MkdirTemp("", "bench")
		if err != nil {
			return nil, fmt.Errorf("starting %s: %w", name, err)
		}
		s.folder, s.Addr = folder, filepath.Join(folder, "http")
	}
	s.command = exec.Command(words[0], words[1:]...)
	s.command.Env = c.environment(s.Addr)
	s.command.Stdout, s.command.Stderr = &s.output, &s.output
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start := time.Now()
	if err := s.command.Start(); err != nil {
		_ = os.RemoveAll(s.folder) // does nothing for ""
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = s.command.Wait() // the exit status after a requested end does not matter
		close(s.ended)
	}()
	if err := s.waitReady(ctx, start); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting %s: %w\n%s", name, err, s.output.String())
	}
	return s, nil
}

func (s *Server) waitReady(ctx context.Context, start time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var answers time.Time // since when the API answers, for servers without an admin port
	for {
		status, err := ask(ctx, s.Admin, "/ready")
		if err == nil && status == http.StatusOK {
			s.Ready = time.Since(start)
			return nil
		}
		if status, apiErr := ask(ctx, s.Addr, "/"); !errors.Is(err, syscall.ECONNREFUSED) || apiErr != nil || status >= 500 {
			answers = time.Time{}
		} else if answers.IsZero() {
			answers = time.Now()
		} else if time.Since(answers) > settleTime {
			s.Ready = answers.Sub(start)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it did not become ready: %w", ctx.Err())
		case <-s.ended:
			return errors.New("it ended")
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// ask sends a GET request and returns the answer's status.
func ask(ctx context.Context, addr, path string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return 0, fmt.Errorf("asking whether it is ready: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, load.Network(addr), addr)
		},
	}}
	response, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking whether it is ready: %w", err)
	}
	_ = response.Body.Close()
	return response.StatusCode, nil
}

// Pid returns the pid of the server, or 0 if the suite did not start it.
func (s *Server) Pid() int {
	if s.command == nil {
		return 0
	}
	return s.command.Process.Pid
}

// Stop ends the process and waits for it, if the suite started it.
func (s *Server) Stop() {
	if s.command == nil {
		return
	}
	defer func() { _ = os.RemoveAll(s.folder) }() // does nothing for ""
	_ = s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second):
		_ = s.command.Process.Kill()
		<-s.ended
	}
}
