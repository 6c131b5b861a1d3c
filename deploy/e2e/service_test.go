package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trunkline/deploy/localpg/pgtest"
)

// manager is a service manager as systemd is: processes send it messages about their state.
type manager struct {
	t    *testing.T
	path string

	mu       sync.Mutex
	main     int // the process that it listens to, 0 for whichever sends first
	messages []string
	read     int // by await
}

func startManager(t *testing.T) *manager {
	t.Helper()
	m := &manager{t: t, path: filepath.Join(t.TempDir(), "notify")}
	ln, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) { // each message has the number of its sender
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_PASSCRED, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { m.receive(ln) })
	t.Cleanup(func() {
		_ = ln.Close()
		reading.Wait()
		if t.Failed() {
			t.Logf("the service manager has received:\n%s", strings.Join(m.messages, "\n"))
		}
	})
	return m
}

// receive receives messages until the socket is closed. A process that is not the main one must not send any.
func (m *manager) receive(ln *net.UnixConn) {
	text, control := make([]byte, 4096), make([]byte, 256)
	for {
		n, size, _, _, err := ln.ReadMsgUnix(text, control)
		if err != nil {
			return
		}
		sender, err := senderOf(control[:size])
		if err != nil {
			m.t.Error(err)
		}
		m.note(sender, strings.ReplaceAll(string(text[:n]), "\n", " "))
	}
}

// senderOf returns the process that has sent a message.
func senderOf(control []byte) (pid int, err error) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil || len(messages) != 1 {
		return 0, fmt.Errorf("%d control messages, %w", len(messages), err)
	}
	credentials, err := syscall.ParseUnixCredentials(&messages[0])
	if err != nil {
		return 0, err
	}
	return int(credentials.Pid), nil
}

func (m *manager) note(sender int, message string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, message)
	if message == marker {
		return
	}
	if m.main == 0 {
		m.main = sender
	}
	if m.main != sender {
		m.t.Errorf("process %d is not the main one, %d, and has sent %s", sender, m.main, message)
	}
	if found := regexp.MustCompile(`^MAINPID=(\d+)`).FindStringSubmatch(message); found != nil {
		m.main, _ = strconv.Atoi(found[1])
	}
}

// marker is a message of the test's own.
const marker = "MARKER"

// settle returns when all that has been sent until now is received. What await has not seen of itis not used.
func (m *manager) settle() {
	m.t.Helper()
	conn, err := net.Dial("unixgram", m.path)
	if err != nil {
		m.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(marker)); err != nil {
		m.t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(time.Millisecond) {
		m.mu.Lock()
		for m.read < len(m.messages) {
			m.read++
			if m.messages[m.read-1] == marker {
				m.mu.Unlock()
				return
			}
		}
		m.mu.Unlock()
	}
	m.t.Fatal("the marker did not come")
}

func (m *manager) environ(more ...string) []string {
	return append([]string{"NOTIFY_SOCKET=" + m.path}, more...)
}

// await returns the next message that begins with text. It fails if one of the states of which it is not part comes
// before; messages about the watchdog or the status alone are passed over.
func (m *manager) await(text string) string {
	m.t.Helper()
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(5 * time.Millisecond) {
		m.mu.Lock()
		for m.read < len(m.messages) {
			message := m.messages[m.read]
			m.read++
			if strings.HasPrefix(message, text) {
				m.mu.Unlock()
				return message
			}
			if !strings.HasPrefix(message, "WATCHDOG=1") && !strings.HasPrefix(message, "STATUS=") {
				m.t.Errorf("%s came before %s", message, text)
			}
		}
		m.mu.Unlock()
	}
	m.t.Fatalf("%s did not come", text)
	return ""
}

// fed returns how often the watchdog was fed.
func (m *manager) fed() (times int) {
	m.settle()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, message := range m.messages {
		if strings.HasPrefix(message, "WATCHDOG=1") {
			times++
		}
	}
	return times
}

// TestServiceIsManaged takes a process and its successor through all states.
func TestServiceIsManaged(t *testing.T) {
	t.Parallel()
	m, port, file := startManager(t), freePort(t), filepath.Join(t.TempDir(), "a.conf")
	configure := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure("")
	g := startWithFile(t, file, pgtest.Database(t, fixture), m.environ("PGRST_SERVER_REUSEPORT=true",
		"PGRST_SERVER_PORT="+port, "PGRST_DB_POOL=2", "WATCHDOG_USEC=400000")...)
	m.await("STATUS=Waiting for the schema")
	m.await("READY=1 STATUS=Serving on 127.0.0.1:" + port)
	m.await("WATCHDOG=1 STATUS=Serving on ")
	if m.main != g.cmd.Process.Pid {
		t.Errorf("process %d has sent messages, not %d", m.main, g.cmd.Process.Pid)
	}

	g.signal(syscall.SIGUSR2)
	first := m.await("RELOADING=1 MONOTONIC_USEC=")
	m.await("READY=1 STATUS=Serving on ")
	g.signal(syscall.SIGUSR2)
	second := m.await("RELOADING=1 MONOTONIC_USEC=")
	m.await("READY=1 STATUS=Serving on ")
	if microseconds(t, first) >= microseconds(t, second) {
		t.Errorf("%s, then %s", first, second)
	}

	configure("nonsense")
	g.signal(syscall.SIGHUP)
	m.await("RELOADING=1 ")
	m.await("READY=1 STATUS=Serving on ")
	configure("")
	g.signal(syscall.SIGHUP)
	m.await("RELOADING=1 ")
	m.await("MAINPID=")
	successor := m.main
	t.Cleanup(func() { _ = syscall.Kill(successor, syscall.SIGKILL) })
	g.eventually("the handover is logged", func() bool { return len(g.successors()) == 1 }) // after the message
	if successor != g.successors()[0] {
		t.Errorf("the main process is %d, the successor %d", successor, g.successors()[0])
	}
	m.await("WATCHDOG=1 STATUS=Serving on 127.0.0.1:" + port)
	if err := syscall.Kill(successor, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.await("STOPPING=1 STATUS=Ending")
}

// microseconds returns the time in a message.
func microseconds(t *testing.T, message string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(message, "RELOADING=1 MONOTONIC_USEC=%d", &n); err != nil {
		t.Fatalf("%s: %v", message, err)
	}
	return n
}

// TestServiceWaitsForItsDatabase starts a process without its database: it is ready when it can serve.
func TestServiceWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	database := newRestartable(t)
	database.start()
	database.fill()
	database.stop()
	m := startManager(t)
	g := start(t, database.dsn(), m.environ("WATCHDOG_USEC=400000")...)
	m.await("WATCHDOG=1 STATUS=Waiting for the schema: The schema could not be loaded: ")
	if a := g.get("/films"); unavailable(a) != nil {
		t.Errorf("without a database: %v", a)
	}
	database.start()
	m.await("READY=1 STATUS=Serving on ")
	if a := g.get("/films?id=eq.1"); a.status != 200 {
		t.Errorf("when it is ready: %v", a)
	}
	if code := g.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	m.await("STOPPING=1 STATUS=Ending")
}

// TestServiceFails has a process fail before it is ready.
func TestServiceFails(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	m := startManager(t)
	got := run(t, m.environ("PGRST_DB_URI=host=/not/there", "PGRST_ADMIN_SERVER_HOST=127.0.0.1",
		"PGRST_ADMIN_SERVER_PORT="+strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)))
	if got.code != 1 {
		t.Errorf("exit code %d", got.code)
	}
	if message := m.await("STOPPING=1 STATUS=Ending: "); !strings.Contains(message, "address already in use") {
		t.Error(message)
	}
}

// TestWatchdogStarves has a process not answer itself, while all else works: in the place of its socket is another one,
// where nobody answers.
func TestWatchdogStarves(t *testing.T) {
	t.Parallel()
	m, path := startManager(t), filepath.Join(t.TempDir(), "api")
	g := startUnix(t, path, m)
	m.await("READY=1 ")
	m.await("WATCHDOG=1 ")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	silent.(*net.UnixListener).SetUnlinkOnClose(false)
	defer silent.Close()
	accept := func() net.Conn {
		c, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	defer accept().Close() // the check before this one has ended, and from here on each fails
	before := m.fed()
	for range 5 {
		defer accept().Close()
	}
	if fed := m.fed() - before; fed != 0 {
		t.Errorf("the watchdog was fed %d times", fed)
	}
	g.eventually("logged", func() bool { return g.logged("The gateway does not respond to its own requests.") != "" })
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	m.settle()
	m.await("WATCHDOG=1 ")
}

// startUnix starts a gateway that serves a unix socket.
func startUnix(t *testing.T, path string, m *manager) *gateway {
	t.Helper()
	return start(t, pgtest.Database(t, fixture), m.environ("PGRST_SERVER_UNIX_SOCKET="+path, "WATCHDOG_USEC=400000")...)
}
