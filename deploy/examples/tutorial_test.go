package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"trunkline/deploy/freeport"
)

// atEnd ends what the tutorial has left running if a command of it has failed.
const atEnd = `trap '
[ -z "$GATEWAY" ] || kill $GATEWAY 2>/dev/null
[ -z "$PGSERVE_PID" ] || kill $PGSERVE_PID 2>/dev/null
[ ! -s nginx.pid ] || kill $(cat nginx.pid)
' EXIT`

// TestTutorial follows the tutorial to the letter, from a copy of the repository on.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the gateway and starts servers")
	}
	RequirePrograms(t, "bash", "make", "curl", "openssl", "git")
	page, err := Read("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Commands) < 30 {
		t.Fatalf("the tutorial has only %d commands", len(page.Commands))
	}
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Log("nginx is not installed: what the tutorial does with it is not tried")
		page.Commands = slices.DeleteFunc(page.Commands, func(c *Command) bool { return strings.Contains(c.Section, "nginx") })
	}
	clone := filepath.Join(t.TempDir(), "clone")
	copyRepository(t, clone)
	shell, err := Start(clone, t.TempDir(), Environment(), atEnd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shell.Close(); err != nil {
			t.Error(err)
		}
	})
	page.Check(t, shell, freePorts(t, "3000", "3001", "8443"), *update)
}

// freePorts returns a translation of ports of pages to free ones.
func freePorts(t *testing.T, shown ...string) Ports {
	t.Helper()
	first, err := freeport.Find(len(shown))
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for i, port := range shown {
		pairs = append(pairs, port, strconv.Itoa(first+i))
	}
	return NewPorts(pairs...)
}

// copyRepository copies the files of the repository, as a clone would have them, with what is not committed yet.
func copyRepository(t *testing.T, to string) {
	t.Helper()
	root := filepath.Join("..", "..")
	list := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		t.Skipf("this is not a clone: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		copyFile(t, filepath.Join(root, name), filepath.Join(to, name))
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if os.IsNotExist(err) { // deleted, and not committed yet
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}
