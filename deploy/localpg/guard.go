package localpg

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

//go:embed guard.sh
var guardScript string

// guard is the process that cleans up after a cluster when the caller has ended.
type guard struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// startGuard starts the guard of a cluster. The guard also holds the directory's lock until it has cleaned up.
func startGuard(a account, f folder) (*guard, error) {
	remove := "no"
	if f.throwaway {
		remove = "yes"
	}
	signal := strconv.Itoa(int(f.stopSignal()))
	cmd := a.command("/", "/bin/sh", "-c", guardScript, "guard.sh", f.path, signal, remove)
	cmd.ExtraFiles = []*os.File{f.lock}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("localpg: guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("localpg: guard: %w", err)
	}
	return &guard{cmd: cmd, pipe: pipe}, nil
}

// watch sets the process to stop; 0 means none.
func (g *guard) watch(pid int) error {
	if _, err := fmt.Fprintln(g.pipe, pid); err != nil {
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
