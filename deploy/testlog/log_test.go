package main

import (
	"strings"
	"testing"
	"time"
)

// follow has a log of lines, and returns whether it ended well and what was shown.
func follow(lines string, before func(*log)) (passed bool, shown string) {
	var out strings.Builder
	l := newLog(&out)
	for line := range strings.Lines(lines) {
		l.line([]byte(line))
	}
	before(l)
	passed = l.end()
	return passed, out.String()
}

// show shows what is running at a moment.
func show(l *log) { l.showRunning(time.Date(2026, 1, 2, 3, 4, 19, 0, time.UTC)) }

const passing = `{"Action":"start","Package":"a"}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"a","Test":"TestOne"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"said\n"}
{"Action":"pass","Package":"a","Test":"TestOne/sub","Elapsed":7}
{"Action":"pass","Package":"a","Test":"TestOne","Elapsed":8}
{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"a","Test":"TestTwo"}
{"Action":"pass","Package":"a","Test":"TestTwo","Elapsed":9}
{"Action":"pass","Package":"a","Elapsed":18}
`

func TestPassing(t *testing.T) {
	passed, shown := follow(passing, show)
	want := "ok    a                                          18.0 s\n" +
		"\n2 tests of 1 packages; the slowest:\n     9.0 s  a TestTwo\n     8.0 s  a TestOne\n"
	if !passed || shown != want {
		t.Errorf("passed: %t, shown:\n%swant:\n%s", passed, shown, want)
	}
}

func TestWhatFails(t *testing.T) {
	for name, lines := range map[string]string{
		"why it failed\n": `{"Action":"output","Package":"a","Test":"TestOne/sub","Output":"why it failed\n"}
{"Action":"fail","Package":"a","Test":"TestOne/sub"}
{"Action":"fail","Package":"a","Test":"TestOne"}
{"Action":"fail","Package":"a"}`,
		"syntax error\n": `{"ImportPath":"a","Action":"build-output","Output":"syntax error\n"}
{"ImportPath":"a","Action":"build-fail"}
` + passing,
		"a leak\n": `{"Action":"output","Package":"a","Output":"a leak\n"}
{"Action":"fail","Package":"a"}`,
		"a TestOne has not ended:\npanic: out of time\n": `{"Action":"run","Package":"a","Test":"TestOne"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"panic: out of time\n"}
{"Action":"fail","Package":"a"}`,
		"0 packages": "",
		"go: no such module\n": `go: no such module
`,
	} {
		if passed, shown := follow(lines, func(*log) {}); passed || !strings.Contains(shown, name) {
			t.Errorf("passed: %t, shown:\n%swant:\n%s", passed, shown, name)
		}
	}
}

func TestLongOnesAreShown(t *testing.T) {
	_, shown := follow(`{"Time":"2026-01-02T03:04:05Z","Action":"run","Package":"a","Test":"TestOne"}
{"Time":"2026-01-02T03:04:10Z","Action":"run","Package":"a","Test":"TestTwo"}
{"Action":"output","Package":"a","Test":"TestTwo","Output":"x\n"}
{"Time":"2026-01-02T03:04:00Z","Action":"run","Package":"a","Test":"TestPaused"}
{"Time":"2026-01-02T03:04:00Z","Action":"pause","Package":"a","Test":"TestPaused"}
{"Time":"2026-01-02T03:04:00Z","Action":"run","Package":"a","Test":"TestZ"}
{"Time":"2026-01-02T03:04:00Z","Action":"pause","Package":"a","Test":"TestZ"}
{"Time":"2026-01-02T03:04:07Z","Action":"cont","Package":"a","Test":"TestZ"}
`, show)
	if !strings.HasPrefix(shown, "  …   a TestOne has been running for 14 s\n  …   a TestZ has been running for 12 s\na TestTwo has not ended") {
		t.Errorf("shown:\n%s", shown)
	}
}
