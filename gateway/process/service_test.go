package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"trunkline/gateway/journal"
)

// managed returns a service whose service manager is the test, and what that has received since the last call, one
// message on each line.
func managed(t *testing.T) (s *service, received func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify.sock")
	ln, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return newService(), func() string {
		conn, err := net.Dial("unixgram", path)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "the end"); err != nil {
			t.Fatal(err)
		}
		var all []string
		for buffer := make([]byte, 1000); ; {
			n, err := ln.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			if string(buffer[:n]) == "the end" {
				return strings.Join(all, "\n")
			}
			all = append(all, strings.ReplaceAll(string(buffer[:n]), "\n", " "))
		}
	}
}

// TestServiceStates takes services through their states, and compares what is told.
func TestServiceStates(t *testing.T) {
	type step = func(*service)
	ready := func(s *service) { s.ready("a") }
	reloading := func(s *service) { s.reloading("r") }
	reloaded := func(s *service) { s.reloaded("b") }
	leave := func(s *service) { s.leave(7) }
	asked := func(s *service) { s.stopping(errAsked) }
	fed := func(s *service) { s.report("f", true) }
	unfed := func(s *service) { s.report("u", false) }
	inherit := (*service).inherit
	for name, test := range map[string]struct {
		steps []step
		want  string
	}{
		"a start":      {[]step{unfed, unfed, ready, fed, fed, unfed, ready}, "STATUS=u|READY=1 STATUS=a|WATCHDOG=1 STATUS=f|WATCHDOG=1 STATUS=f|STATUS=u"},
		"a reload":     {[]step{ready, reloading, fed, reloaded}, "READY=1 STATUS=a|RELOADING=1 MONOTONIC_USEC=n STATUS=r|WATCHDOG=1 STATUS=f|READY=1 STATUS=b"},
		"two reloads":  {[]step{ready, reloading, reloading, reloaded, reloaded}, "READY=1 STATUS=a|RELOADING=1 MONOTONIC_USEC=n STATUS=r|RELOADING=1 MONOTONIC_USEC=n STATUS=r|READY=1 STATUS=b"},
		"too early":    {[]step{reloading, reloaded, ready}, "READY=1 STATUS=a"},
		"the end":      {[]step{ready, asked, asked, reloading, reloaded, ready, unfed, fed}, "READY=1 STATUS=a|STOPPING=1 STATUS=Ending|WATCHDOG=1 STATUS=Ending"},
		"in a reload":  {[]step{ready, reloading, asked, reloaded}, "READY=1 STATUS=a|RELOADING=1 MONOTONIC_USEC=n STATUS=r|STOPPING=1 STATUS=Ending"},
		"a bad start":  {[]step{func(s *service) { s.stopping(errors.New("port\nin use")) }, ready}, "STOPPING=1 STATUS=Ending: port in use"},
		"two lines":    {[]step{func(s *service) { s.ready("a\nb") }}, "READY=1 STATUS=a; b"},
		"logged":       {[]step{func(s *service) { s.stopping(journal.ErrLogged) }}, "STOPPING=1 STATUS=Ending because of an error; see the log"},
		"a handover":   {[]step{ready, reloading, leave, reloaded, fed, unfed, asked}, "READY=1 STATUS=a|RELOADING=1 MONOTONIC_USEC=n STATUS=r|MAINPID=7 READY=1 STATUS=Process 7 has taken over"},
		"a successor":  {[]step{inherit, unfed, reloading, reloaded, ready, unfed, fed, asked}, "STATUS=u|WATCHDOG=1 STATUS=f|STOPPING=1 STATUS=Ending"},
		"a failed one": {[]step{inherit, unfed, asked, fed}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, received := managed(t)
			for _, step := range test.steps {
				step(s)
			}
			got := regexp.MustCompile(`USEC=\d+`).ReplaceAllString(received(), "USEC=n")
			if want := strings.ReplaceAll(test.want, "|", "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestMonotonicTime compares the time of a reload with the kernel's own. systemd drops a time before its request.
func TestMonotonicTime(t *testing.T) {
	text, err := os.ReadFile("/proc/uptime") // CLOCK_BOOTTIME, which is later by the time for which the machine has slept
	if err != nil {
		t.Skip(err)
	}
	uptime, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	s, received := managed(t)
	s.ready("")
	received()
	before := monotonic()
	s.reloading("")
	told, err := strconv.ParseInt(regexp.MustCompile(`\d{2,}`).FindString(received()), 10, 64)
	if err != nil || told < before || told > monotonic() {
		t.Errorf("told %d, between %d and %d; %v", told, before, monotonic(), err)
	}
	if float64(before)/1e6 > uptime+60*60 {
		t.Errorf("%d microseconds since the start of the machine, which was %f s ago", before, uptime)
	}
}

// TestServiceWithoutManager shows that nothing is told, and nothing waited for, if there is nobody to be told.
func TestServiceWithoutManager(t *testing.T) {
	for _, socket := range []string{"", filepath.Join(t.TempDir(), "none")} {
		t.Setenv("NOTIFY_SOCKET", socket)
		s := newService()
		if s.supervised() != (socket != "") {
			t.Errorf("%q: supervised: %t", socket, s.supervised())
		}
		s.ready("")
		s.stopping(nil)
	}
}

func TestWatchdogInterval(t *testing.T) {
	own := strconv.Itoa(os.Getpid())
	for _, test := range []struct {
		timeout, pid string
		want         time.Duration // 0 if there is no watchdog
	}{
		{"60000000", own, 15 * time.Second},
		{"60000000", "", 15 * time.Second},
		{"60000000", "1", 0},
		{"", own, 0},
		{"", "", 0},
		{"0", own, 0},
		{"-1", own, 0},
		{"x", own, 0},
		{"9223372036854775807", own, 1 << 40 * time.Microsecond / 4},
		{"18446744073709551615", own, 0},
	} {
		want, watched := test.want, test.want != 0
		if !watched {
			want = reportInterval
		}
		if got, ok := watchdogInterval(test.timeout, test.pid); got != want || ok != watched {
			t.Errorf("%+v: %v, %t", test, got, ok)
		}
	}
}

// TestAskAPI asks servers that answer, that do not, and that are not there.
func TestAskAPI(t *testing.T) {
	answering := func(answer string) func(net.Conn) {
		return func(c net.Conn) {
			if r, err := http.ReadRequest(bufio.NewReader(c)); err != nil || r.Method != http.MethodOptions {
				answer = fmt.Sprint("the request is ", r, err)
			}
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}
	for name, test := range map[string]struct {
		network string
		serve   func(net.Conn)
		alive   bool
	}{
		"an answer":    {"tcp", answering("HTTP/1.1 200 OK\r\n\r\n"), true},
		"a refusal":    {"unix", answering("HTTP/1.1 503 Service Unavailable\r\n\r\n"), true},
		"nonsense":     {"tcp", answering("SSH-2.0\r\n"), false},
		"a part":       {"tcp", answering("HTTP/1.1 200"), false},
		"no answer":    {"unix", func(net.Conn) {}, false},
		"a disconnect": {"tcp", func(c net.Conn) { _ = c.Close() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			address := map[string]string{"tcp": ":0", "unix": filepath.Join(t.TempDir(), "api")}[test.network]
			ln, err := net.Listen(test.network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			go func() {
				if c, err := ln.Accept(); err == nil {
					test.serve(c)
				}
			}()
			limit := time.Minute
			if name == "no answer" {
				limit = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if err := askAPI(ctx, ln.Addr()); (err == nil) != test.alive {
				t.Errorf("alive: %v", err)
			}
			_ = ln.Close()
			err = askAPI(t.Context(), ln.Addr())
			if err == nil || test.network == "tcp" && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("nobody listens: %v", err)
			}
		})
	}
}
