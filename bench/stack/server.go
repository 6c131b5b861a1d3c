package stack

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Server is a server under test: a process of ours, or one that runs already.
type Server struct {
	Name string
	// Addr is host:port of its API.
	Addr string
	// Ready is the time from its start until it was ready, 0 if it ran already.
	Ready   time.Duration
	command *exec.Cmd
	output  bytes.Buffer
}

const startTimeout = 30 * time.Second

// StartServer runs a command line and waits until its admin port answers that it is ready.
func StartServer(ctx context.Context, name, commandLine string, port int, environment []string) (*Server, error) {
	words := strings.Fields(commandLine)
	s := &Server{Name: name, Addr: fmt.Sprintf("127.0.0.1:%d", port)}
	s.command = exec.Command(words[0], words[1:]...) //nolint:gosec,noctx // the user names the command; Stop ends it
	s.command.Env = environment
	s.command.Stdout, s.command.Stderr = &s.output, &s.output
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start := time.Now()
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/ready", port+1)
	if err := waitReady(ctx, url); err != nil {
		_ = s.Stop()
		return nil, fmt.Errorf("starting %s: %w\n%s", name, err, s.output.String())
	}
	s.Ready = time.Since(start)
	return s, nil
}

func waitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("asking whether it is ready: %w", err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it did not become ready: %w", ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Pid is the server's process, 0 if it is not ours.
func (s *Server) Pid() int {
	if s.command == nil {
		return 0
	}
	return s.command.Process.Pid
}

// Stop ends a process of ours.
func (s *Server) Stop() error {
	if s.command == nil {
		return nil
	}
	_ = s.command.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		_ = s.command.Wait() // how a server ends when it is told to does not matter
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		_ = s.command.Process.Kill()
		<-done
	}
	return nil
}

// FreePort returns a port of loopback whose successor is free too.
func FreePort() (int, error) {
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("looking for a port: %w", err)
		}
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1))
		_ = first.Close()
		if err == nil {
			_ = second.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("no two free ports next to each other")
}
