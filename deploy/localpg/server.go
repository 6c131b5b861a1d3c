package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"trunkline/deploy/freeport"
)

// server is a running postgres process.
type server struct {
	cmd    *exec.Cmd
	port   int
	log    *tail
	exited chan struct{} // closed when the process has ended
}

// errPortTaken is returned if another process took the port before the server could.
var errPortTaken = errors.New("localpg: port already in use")

// launch starts a server on a free loopback port. It does not wait until the server is ready.
func launch(a account, b binaries, f folder, o Options) (*server, error) {
	port, err := freeport.Find(1)
	if err != nil {
		return nil, err
	}
	cmd := a.command(f.path, b.program("postgres"), serverArgs(f, port, o.Settings)...)
	s, err := launchCommand(cmd, o.Log)
	if err != nil {
		return nil, err
	}
	s.port = port
	return s, nil
}

// launchCommand starts a server process and copies its standard error to log, which may be nil.
func launchCommand(cmd *exec.Cmd, log io.Writer) (*server, error) {
	if log == nil {
		log = io.Discard
	}
	s := &server{cmd: cmd, log: &tail{next: log}, exited: make(chan struct{})}
	s.cmd.Stderr = s.log
	s.cmd.WaitDelay = time.Second
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("localpg: %w", err)
	}
	go func() {
		defer close(s.exited)
		_ = s.cmd.Wait() // the log shows how it ended
	}()
	return s, nil
}

// await calls ready until it succeeds, for at most a minute.
func (s *server) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return s.endedEarly()
		case <-ctx.Done():
			return fmt.Errorf("localpg: server not ready: %w (%w)\n%s", ctx.Err(), err, s.log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// endedEarly returns why the server ended while starting. Only here the log is parsed: the server has no other way to
// report that its port is in use. The package fixes the log's language.
func (s *server) endedEarly() error {
	log := s.log.String()
	if strings.Contains(log, "Address already in use") {
		return fmt.Errorf("%w:\n%s", errPortTaken, log)
	}
	return fmt.Errorf("localpg: the server ended while starting:\n%s", log)
}

// end sends the signal, waits for the process, and kills it if it does not end in time.
func (s *server) end(signal syscall.Signal) {
	_ = s.cmd.Process.Signal(signal) // it may have ended already
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}
