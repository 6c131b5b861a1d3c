package localpg

import (
	_ "embed"
	"fmt"
	"io"
	"os/exec"
)

//go:embed guard.sh
var guardScript string

// guard is the process that cleans up behind a cluster when the caller is gone.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// startGuard starts a guard that stops the server with the signal and then removes the folder, unless it is empty.
func startGuard(a account, folder, signal string) (*guard, error) {
	cmd := a.command("/", "/bin/sh", "-c", guardScript, "guard.sh", folder, signal)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("localpg: guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("localpg: guard: %w", err)
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// watch names the process to stop; 0 means none.
func (g *guard) watch(pid int) error {
	line := "\n"
	if pid != 0 {
		line = fmt.Sprintf("%d\n", pid)
	}
	if _, err := io.WriteString(g.pipe, line); err != nil {
		return fmt.Errorf("localpg: guard: %w", err)
	}
	return nil
}

// release makes the guard clean up now, and waits for it.
func (g *guard) release() error {
	if err := g.pipe.Close(); err != nil {
		return fmt.Errorf("localpg: guard: %w", err)
	}
	if err := g.cmd.Wait(); err != nil {
		return fmt.Errorf("localpg: guard: %w", err)
	}
	return nil
}
