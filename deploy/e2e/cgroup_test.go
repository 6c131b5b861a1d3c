package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// controlGroup is a control group of Linux, of version 1 or 2, in which a test runs processes with less memory or
// processor time than the machine has. To run a gateway in one:
//
//	group := newControlGroup(t)
//	group.limitMemory(64 << 20)
//	g := startCommand(t, group.command(), dsn)
//	…
//	if group.killed() > 0 { … }
//
// A limit can be changed while processes run in the group. The gateway reads that of its memory when it starts.
type controlGroup struct {
	t           *testing.T
	memory, cpu controller
}

// controller is a controller of a control group, such as "memory".
type controller struct {
	// folder is the group's folder with the files of this controller.
	folder string
	// unified reports whether they are those of version 2.
	unified bool
}

// newControlGroup makes a control group that ends with the test. The test is skipped where none can be made: that needs
// root, and the controllers "memory" and "cpu".
func newControlGroup(t *testing.T) *controlGroup {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make control groups")
	}
	name := fmt.Sprintf("trunkline-test-%d-%d", os.Getpid(), time.Now().UnixNano())
	return &controlGroup{t, newController(t, "memory", name), newController(t, "cpu", name)}
}

// newController makes the folder of a group where a controller is mounted. In version 2 it is the same for all
// controllers.
func newController(t *testing.T, controls, group string) controller {
	t.Helper()
	mounted, unified := mountOf(t, controls)
	if mounted == "" {
		t.Skipf("no control groups are mounted that control %s", controls)
	}
	if unified {
		if err := os.WriteFile(filepath.Join(mounted, "cgroup.subtree_control"), []byte("+"+controls), 0); err != nil {
			t.Skipf("%s cannot be controlled below %s: %v", controls, mounted, err)
		}
	}
	folder := filepath.Join(mounted, group)
	if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		t.Skipf("no control group can be made: %v", err)
	}
	t.Cleanup(func() { removeGroup(t, folder) })
	return controller{folder, unified}
}

// mountOf returns where the groups with a controller are mounted, or "", and whether they are of version 2.
func mountOf(t *testing.T, controls string) (folder string, unified bool) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(line, " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		switch point := mount[4]; system[0] {
		case "cgroup":
			if slices.Contains(strings.Split(system[2], ","), controls) {
				return point, false
			}
		case "cgroup2":
			all, _ := os.ReadFile(filepath.Join(point, "cgroup.controllers"))
			if slices.Contains(strings.Fields(string(all)), controls) {
				return point, true
			}
		}
	}
	return "", false
}

// removeGroup removes a group whose processes have ended or are about to.
func removeGroup(t *testing.T, folder string) {
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		err := os.Remove(folder)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Since(begin) > patience {
			t.Error(err)
			return
		}
	}
}

// write writes a value to the file of version 2 or of version 1.
func (c controller) write(t *testing.T, unified, old, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.folder, c.file(unified, old)), []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// number returns the first number after what the pattern matches in the file of version 2 or of version 1.
func (c controller) number(t *testing.T, unified, old, pattern string) int64 {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, c.file(unified, old)))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern + `(\d+)`).FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("%s has %q", c.file(unified, old), text)
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (c controller) file(unified, old string) string {
	if c.unified {
		return unified
	}
	return old
}

// limitMemory limits the memory of all processes of the group together, in bytes. A process that exceeds it is killed.
func (c *controlGroup) limitMemory(bytes int64) {
	c.t.Helper()
	c.memory.write(c.t, "memory.max", "memory.limit_in_bytes", strconv.FormatInt(bytes, 10))
	if c.memory.unified { // where the machine has none, the file is missing
		_ = os.WriteFile(filepath.Join(c.memory.folder, "memory.swap.max"), []byte("0"), 0)
	}
}

// limitProcessors limits the time of processors that all processes of the group use together.
func (c *controlGroup) limitProcessors(n float64) {
	c.t.Helper()
	const period = 100_000 // microseconds
	quota := int(n * period)
	if c.cpu.unified {
		c.cpu.write(c.t, "cpu.max", "", fmt.Sprintf("%d %d", quota, period))
		return
	}
	c.cpu.write(c.t, "", "cpu.cfs_period_us", strconv.Itoa(period))
	c.cpu.write(c.t, "", "cpu.cfs_quota_us", strconv.Itoa(quota))
}

// used returns the memory that the group uses, in bytes, with what the system has kept of the files that it has read.
func (c *controlGroup) used() int64 {
	c.t.Helper()
	return c.memory.number(c.t, "memory.current", "memory.usage_in_bytes", "^")
}

// killed returns how many processes were killed because of the group's limit of memory.
func (c *controlGroup) killed() int64 {
	c.t.Helper()
	return c.memory.number(c.t, "memory.events", "memory.oom_control", `(?m)^oom_kill `)
}

// command returns a run of the executable in the group.
func (c *controlGroup) command(args ...string) *exec.Cmd {
	c.t.Helper()
	return c.enter(command(c.t, args...))
}

// enter has a command that has not been started run in the group. A shell enters the group and then becomes the command.
func (c *controlGroup) enter(cmd *exec.Cmd) *exec.Cmd {
	script := `echo $$ >"$1/cgroup.procs" && echo $$ >"$2/cgroup.procs" && shift 2 && exec "$@"`
	cmd.Args = slices.Concat([]string{"sh", "-c", script, "sh", c.memory.folder, c.cpu.folder, cmd.Path}, cmd.Args[1:])
	cmd.Path = "/bin/sh"
	return cmd
}

// TestControlGroup shows that a process that exceeds its memory is killed, and that this is seen.
func TestControlGroup(t *testing.T) {
	t.Parallel()
	group := newControlGroup(t)
	group.limitMemory(16 << 20)
	if out, err := group.enter(exec.Command("true")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n := group.killed(); n != 0 {
		t.Errorf("%d processes were killed", n)
	}
	// A line as long as this must be read whole.
	if out, err := group.enter(exec.Command("sh", "-c", "head -c 64M /dev/zero | tail -n 1 >/dev/null")).CombinedOutput(); err == nil {
		t.Errorf("64 MiB fit into 16: %s", out)
	}
	if n := group.killed(); n == 0 {
		t.Error("no process was killed")
	}
}

// TestLimitsOfAControlGroup shows that a gateway keeps to the limits of its control group.
func TestLimitsOfAControlGroup(t *testing.T) {
	t.Parallel()
	const memory = 96 << 20
	group := newControlGroup(t)
	group.limitMemory(memory)
	group.limitProcessors(2)
	g := startCommand(t, group.command(), pgtest.Database(t, fixture))
	if limit := g.metric("trunkline_memory_limit_bytes "); limit != memory {
		t.Errorf("the gateway believes that it may use %v bytes", limit)
	}
	if limit := g.metric("go_gc_gomemlimit_bytes "); limit != memory-memory/10 || g.logged("nine tenths") == "" {
		t.Errorf("Go's runtime keeps to %v bytes", limit)
	}
	if used := group.used(); used < 1<<20 {
		t.Errorf("the group uses only %d bytes", used)
	}
	if runtime.NumCPU() <= 2 { // Go uses two of them at least, whatever the limit is
		t.Log("the limit of processors has no effect with two of them")
	}
	if processors := g.metric("go_sched_gomaxprocs_threads "); processors != float64(min(2, runtime.NumCPU())) {
		t.Errorf("the gateway runs on %v processors at once", processors)
	}
	told := startCommand(t, group.command(), pgtest.Database(t, fixture), "GOMEMLIMIT=50MiB")
	for _, series := range []string{"go_gc_gomemlimit_bytes ", "trunkline_memory_limit_bytes "} {
		if limit := told.metric(series); limit != 50<<20 {
			t.Errorf("with GOMEMLIMIT=50MiB, %sis %v", series, limit)
		}
	}
	if line := told.logged("nine tenths"); line != "" {
		t.Errorf("with GOMEMLIMIT, the log has %q", line)
	}
}

// TestLoadInAControlGroup has many clients send large bodies to, and read large answers of, a gateway whose control group
// has little memory. Some are refused, but the process lives.
func TestLoadInAControlGroup(t *testing.T) {
	t.Parallel()
	const clients, rounds = 48, 3
	group := newControlGroup(t)
	group.limitMemory(64 << 20)
	g := startCommand(t, group.command(), pgtest.Database(t, fixture), "PGRST_LOG_LEVEL=crit")
	// Film 1 exists: the body is sent to the database, which answers 409.
	sent := query{method: "POST", path: "/films", body: `{"id":1,"title":"` + strings.Repeat("x", 6<<20) + `"}`}
	var seen [1000]atomic.Int64 // by status, 0 if the client was refused while it sent its body
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for range rounds {
				q := sent
				if i%4 == 0 {
					q = query{path: letters(large)}
				}
				a, err := g.ask(q)
				if err != nil {
					a = &answer{}
				}
				seen[a.status].Add(1)
				if a.status == 200 && len(a.body) != large || !slices.Contains([]int{0, 200, 409, 503}, a.status) {
					t.Errorf("%d, %d bytes: %.200s", a.status, len(a.body), a.body)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d answers, %d conflicts, %d clients refused, %d broken off", seen[200].Load(), seen[409].Load(),
		seen[503].Load(), seen[0].Load())
	if n := group.killed(); n != 0 {
		t.Errorf("%d processes were killed", n)
	}
	if seen[200].Load() == 0 || seen[409].Load() == 0 {
		t.Error("nobody was served")
	}
	g.wants("/films?id=eq.1&select=id", 200, `[{"id":1}]`)
}
