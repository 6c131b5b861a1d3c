package localpg

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// crashVariable makes the test binary start a cluster, in the folder that it names or as a throwaway ("-"), tell
// about it, and wait to be killed.
const crashVariable = "LOCALPG_TEST_CRASH"

func TestCrashLeavesNothing(t *testing.T) {
	victim, folder, pid := startVictim(t, "-")
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, folder, pid)
}

func TestCrashStopsDurable(t *testing.T) {
	dir := durableDir(t)
	victim, _, pid := startVictim(t, dir)
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	c := start(t, Options{Dir: dir})
	if alive(pid) {
		t.Error("the crashed process's server still runs")
	}
	if strings.Contains(c.server.log.String(), "not properly shut down") {
		t.Errorf("the guard did not shut the server down cleanly:\n%s", c.server.log)
	}
}

// startVictim runs startAndWait in a process of its own. It returns the cluster's folder and the server's process id.
func startVictim(t *testing.T, dir string) (victim *exec.Cmd, folder string, pid int) {
	t.Helper()
	if testing.Short() {
		t.Skip("clusters take long")
	}
	victim = exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), crashVariable+"="+dir)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	victim.Stderr = os.Stderr
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = victim.Process.Kill()
		_ = victim.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(line, &folder, &pid); err != nil {
		t.Fatal(err)
	}
	return victim, folder, pid
}

func startAndWait() {
	dir := os.Getenv(crashVariable)
	if dir == "-" {
		dir = ""
	}
	c, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.folder.path, c.Pid())
	<-c.Done()
	os.Exit(1)
}

// alive reports whether the process runs; a zombie, which nobody has waited for yet, does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !bytes.Contains(stat, []byte(") Z "))
}

func start(t *testing.T, o Options) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("clusters take long")
	}
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func durableDir(t *testing.T) string {
	t.Helper()
	dir, err := TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// query runs SQL and returns the first column of the last statement's row, which must be text.
func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[len(results)-1].Rows[0][0])
}

func requireContains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("%q is not in:\n%s", part, text)
	}
}
