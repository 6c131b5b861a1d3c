package localpg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashVariable) != "" {
		startAndWait()
	}
	goleak.VerifyTestMain(m)
}

func TestThrowaway(t *testing.T) {
	c := start(t, Options{})
	for _, dsn := range []string{c.DSN("postgres"), c.TCP("postgres")} {
		if got := query(t, dsn, "show fsync"); got != "off" {
			t.Errorf("fsync is %s in a throwaway", got)
		}
	}
	if got := query(t, c.DSN("postgres"), "show server_version_num"); got[:2] != strconv.Itoa(c.Major()) {
		t.Errorf("server version %s, but Major() = %d", got, c.Major())
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, c.folder.path, c.Pid())
	if err := c.Stop(); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
}

func TestTCPNeedsPassword(t *testing.T) {
	c := start(t, Options{})
	conn, err := pgx.Connect(t.Context(), c.TCP("postgres")+" password=wrong")
	if err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("a connection over TCP with a wrong password was accepted")
	}
}

func TestServerIsNotRoot(t *testing.T) {
	c := start(t, Options{})
	info, err := os.Stat(filepath.Join(c.folder.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid == 0 {
		t.Error("the server runs as root")
	}
}

func TestSettings(t *testing.T) {
	c := start(t, Options{Settings: map[string]string{"work_mem": "7MB", "autovacuum": "on"}})
	for name, want := range map[string]string{"work_mem": "7MB", "autovacuum": "on", "timezone": "UTC"} {
		if got := query(t, c.DSN("postgres"), "show "+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestWrongSettingSaysWhy(t *testing.T) {
	_, err := Start(t.Context(), Options{Settings: map[string]string{"work_memory": "7MB"}})
	if err == nil {
		t.Fatal("started with a setting that does not exist")
	}
	requireContains(t, err.Error(), `unrecognized configuration parameter "work_memory"`)
}

func TestDurableKeepsData(t *testing.T) {
	dir := durableDir(t)
	c := start(t, Options{Dir: dir})
	if got := query(t, c.DSN("postgres"), "show fsync"); got != "on" {
		t.Errorf("fsync is %s in a durable cluster", got)
	}
	query(t, c.DSN("postgres"), "create table kept as select 42 as n; select ''")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	c = start(t, Options{Dir: dir})
	if got := query(t, c.DSN("postgres"), "select n::text from kept"); got != "42" {
		t.Errorf("found %s after a restart, want 42", got)
	}
}

func TestUnfinishedDataIsMadeAnew(t *testing.T) {
	dir := durableDir(t)
	if err := os.Mkdir(filepath.Join(dir, "data.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, Options{Dir: dir})
	query(t, c.DSN("postgres"), "select ''")
}

func TestDurableIsLocked(t *testing.T) {
	dir := durableDir(t)
	c := start(t, Options{Dir: dir})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second Start: %v, want %v", err, ErrInUse)
	}
	if err := Remove(ctx, dir); !errors.Is(err, ErrInUse) {
		t.Errorf("Remove: %v, want %v", err, ErrInUse)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Remove(t.Context(), dir); err != nil {
			t.Errorf("Remove after Stop: %v", err)
		}
	}
	requireNoFile(t, dir)
}

func TestStartHonoursContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := Start(ctx, Options{}); err == nil {
		t.Fatalf("started although the context had ended; Stop: %v", c.Stop())
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		c, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := c.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// awaitGone waits until folder and process are gone.
func awaitGone(t *testing.T, folder string, pid int) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(folder)
		if os.IsNotExist(err) && !alive(pid) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: folder %s (%v), process %d (alive: %v)", folder, err, pid, alive(pid))
		}
	}
}
