package stack

import (
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"trunkline/deploy/freeport"
)

// TestMain makes the test's own executable a server without an admin port, or one that exits.
func TestMain(m *testing.M) {
	switch os.Getenv("STACK_TEST_SERVER") {
	case "plain":
		_ = http.ListenAndServe("127.0.0.1:"+os.Getenv("PGRST_SERVER_PORT"), http.NotFoundHandler())
	case "broken":
		println("no database")
		os.Exit(1)
	default:
		os.Exit(m.Run())
	}
}

func start(t *testing.T, kind string) (*Server, error) {
	t.Helper()
	t.Setenv("STACK_TEST_SERVER", kind)
	keys, err := NewKeys(DefaultSecret)
	if err != nil {
		t.Fatal(err)
	}
	port, err := freeport.Find(2)
	if err != nil {
		t.Fatal(err)
	}
	return StartServer(t.Context(), kind, os.Args[0], Configuration{Pool: 1, Port: port, Keys: keys})
}

func TestServerWithoutAdminPort(t *testing.T) {
	s, err := start(t, "plain")
	if err != nil {
		t.Fatal(err)
	}
	if s.Ready <= 0 || UsageOf(s.Pid()).Resident == 0 {
		t.Errorf("ready after %v, usage %+v", s.Ready, UsageOf(s.Pid()))
	}
	s.Stop()
	if _, err := http.Get("http://" + s.Addr); err == nil {
		t.Error("it still answers")
	}
}

func TestServerThatEnds(t *testing.T) {
	_, err := start(t, "broken")
	if err == nil || !strings.Contains(err.Error(), "no database") || !strings.Contains(err.Error(), "it ended") {
		t.Errorf("error %v does not say that the server ended, and what it wrote", err)
	}
}

func TestRunningServer(t *testing.T) {
	s, err := RunningServer("a", "http://localhost:3000/api/")
	if err != nil || s.Addr != "localhost:3000" || s.Prefix != "/api" || s.Pid() != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, wrong := range []string{"https://localhost:3000", "http://localhost", "http://a:b", "http://h:1/?x=y"} {
		if _, err := RunningServer("a", wrong); err == nil {
			t.Errorf("%s: accepted", wrong)
		}
	}
}

func TestUsage(t *testing.T) {
	before := UsageOf(os.Getpid())
	// The processor time of a child is counted when it has ended, too.
	spin := exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
	if err := spin.Run(); err != nil {
		t.Fatal(err)
	}
	after := UsageOf(os.Getpid())
	if used, spun := after.CPU-before.CPU, spin.ProcessState.UserTime(); used < spun/2 {
		t.Errorf("%v of processor time seen, but a child used %v", used, spun)
	}
	if after.Resident < 1<<20 || after.Peak < after.Resident/2 {
		t.Errorf("memory %+v", after)
	}
	resident := func() int64 { return field("/proc/self/smaps_rollup", "Rss") } // exact, unlike that of UsageOf, see proc(5)
	most := resident()
	p := Proportional(os.Getpid())
	if most = max(most, resident()); p <= 0 || p > most {
		t.Errorf("proportional memory %d of %d", p, most)
	}
	if u := UsageOf(0); u != (Usage{}) || Proportional(0) != 0 {
		t.Errorf("no process uses %+v", u)
	}
}

func TestForgetPeak(t *testing.T) {
	const size = 64 << 20
	block := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		block[i] = 1
	}
	high := UsageOf(os.Getpid())
	runtime.KeepAlive(block)
	block = nil
	debug.FreeOSMemory()
	ForgetPeak(os.Getpid())
	low := UsageOf(os.Getpid())
	if high.Peak < size || low.Peak > high.Peak-size/2 || low.Peak < low.Resident/2 {
		t.Errorf("a peak of %d with 64 MB held, of %d after; %d are resident", high.Peak, low.Peak, low.Resident)
	}
}

func TestKeys(t *testing.T) {
	keys, err := NewKeys("a secret")
	if err != nil {
		t.Fatal(err)
	}
	first := keys.Token(true, 1)
	if again := keys.Token(true, 1); again != first || keys.Token(false, 1) == keys.Token(false, 2) || keys.Token(false, 1) == first {
		t.Error("tokens are mixed up")
	}
	if set := keys.set(); !strings.Contains(set, `"k":"YSBzZWNyZXQ"`) || !strings.Contains(set, `"e":"AQAB"`) {
		t.Errorf("the set of keys is %s", set)
	}
}

func TestClaims(t *testing.T) {
	keys, err := NewKeys(DefaultSecret)
	if err != nil {
		t.Fatal(err)
	}
	role, claims, err := Claims(keys.Token(false, 7))
	if err != nil || role != "bench_user" || claims != `{"jti":"7","role":"bench_user","sub":"user7"}` {
		t.Errorf("role %q, claims %s, %v", role, claims, err)
	}
	for _, token := range []string{"", "a.b", "a.!.c", "a.YQ.c"} {
		if _, _, err := Claims(token); err == nil {
			t.Errorf("%q was read", token)
		}
	}
}
