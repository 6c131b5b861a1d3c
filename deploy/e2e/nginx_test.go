package e2e

import (
	"os"
	"os/exec"
	accounts "os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"trunkline/deploy/localpg/pgtest"
)

// TestNginxOnUnixSockets has the workers of nginx connect to sockets of their group, and of another one.
func TestNginxOnUnixSockets(t *testing.T) {
	account, err := accounts.Lookup("www-data")
	if os.Geteuid() != 0 || err != nil {
		t.Skip("only root can run nginx and gateways in different accounts")
	}
	group, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("nginx"); err != nil {
		t.Skip("nginx is not installed")
	}
	dsn := pgtest.Database(t, fixture)
	dir, err := os.MkdirTemp("", "trunkline-sockets")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		group  uint32
		mode   string
		status int
	}{
		"its group":                       {uint32(group), "660", 200},
		"another group":                   {0, "660", 502},
		"everybody's":                     {0, "666", 200},
		"its group, which may only read":  {uint32(group), "640", 502},
		"everybody's but for the group's": {uint32(group), "606", 502},
	} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(dir, test.mode+strconv.FormatUint(uint64(test.group), 10))
			cmd := command(t)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Gid: test.group}}
			g := startCommand(t, cmd, dsn, "PGRST_SERVER_UNIX_SOCKET="+socket, "PGRST_SERVER_UNIX_SOCKET_MODE="+test.mode)
			p := runNginx(t, "", "unix:"+socket)
			if a := p.ask("GET", "/api/films?id=eq.1&select=id", ""); a.status != test.status {
				t.Errorf("%v\n%s", a, g.url)
			}
		})
	}
}
