package examples

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Shell is a running bash.
type Shell struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	output *bufio.Reader
	// file is what the shell reads a command from, mark what it prints behind the output.
	file, mark string
}

// curlSettings keep curl from showing its progress, as it does where its output is not a terminal.
const curlSettings = "silent\nshow-error\n"

// Start starts a shell in a folder. Its own files are in scratch. env is its environment; startup is run first.
func Start(folder, scratch string, env []string, startup string) (*Shell, error) {
	if err := os.WriteFile(filepath.Join(scratch, ".curlrc"), []byte(curlSettings), 0o644); err != nil {
		return nil, err
	}
	s := &Shell{cmd: exec.Command("bash", "--noprofile", "--norc"), mark: rand.Text(), file: filepath.Join(scratch, "command")}
	s.cmd.Dir, s.cmd.Env = folder, append(env, "CURL_HOME="+scratch, "LC_ALL=C.UTF-8", "PAGER=cat")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that Close ends what commands have left running
	var err error
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.cmd.Stdout, s.cmd.Stderr, s.output = write, write, bufio.NewReader(read)
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	if err := write.Close(); err != nil {
		return nil, err
	}
	_, _, err = s.Run(startup)
	return s, err
}

// Run runs a command and returns what it printed, without space at the ends of lines, and its exit code.
func (s *Shell) Run(command string) (output string, code int, err error) {
	if err := os.WriteFile(s.file, []byte(command+"\n"), 0o644); err != nil {
		return "", 0, err
	}
	if _, err := fmt.Fprintf(s.input, ". '%s' </dev/null; printf '\\n%s %%d\\n' $?\n", s.file, s.mark); err != nil {
		return "", 0, err
	}
	var text strings.Builder
	for {
		line, err := s.output.ReadString('\n')
		if err != nil {
			return text.String(), 0, fmt.Errorf("the shell has ended: %w", err)
		}
		if status, found := strings.CutPrefix(line, s.mark+" "); found {
			code, err = strconv.Atoi(strings.TrimSpace(status))
			return trim(text.String()), code, err
		}
		text.WriteString(line)
	}
}

// Close ends the shell and the processes that its commands have left running in the background. It waits for the shell:
// what it shall do at its end, it does.
func (s *Shell) Close() error {
	err := s.input.Close()
	_ = s.cmd.Wait() // the exit code is that of the last command
	if killed := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM); !errors.Is(killed, syscall.ESRCH) {
		err = errors.Join(err, killed)
	}
	return err
}
