package main

import (
	"strings"
	"testing"
)

// TestMessagesAreRepeated: the end of the log has the messages of a failed test, not what was logged beside them.
func TestMessagesAreRepeated(t *testing.T) {
	_, shown := follow(`{"Action":"output","Package":"a","Test":"TestOne","Output":"=== RUN   TestOne\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"    one_test.go:7: got 2,\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"        want 3\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"29/Nov/2026 the server's log\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"        of two lines\n"}
{"Action":"fail","Package":"a","Test":"TestOne"}
{"Action":"output","Package":"a","Output":"FAIL\ta\n"}
{"Action":"fail","Package":"a"}
`, func(*log) {})
	want := "\nfailed: a TestOne\n    one_test.go:7: got 2,\n        want 3\n\nfailed: a\nFAIL\ta\n"
	if !strings.HasSuffix(shown, want) {
		t.Errorf("shown:\n%swant at the end:\n%s", shown, want)
	}
}

// TestMessagesAreBounded: of a test with many messages, the last ones are repeated, and long lines are cut.
func TestMessagesAreBounded(t *testing.T) {
	var out strings.Builder
	long := "    one_test.go:7: " + strings.Repeat("x", 1000) + "\n"
	repeat(&out, []failure{{test{"a", "TestOne"}, strings.Repeat(long, 100) + "    one_test.go:8: the last\n"}})
	if lines := strings.Count(out.String(), "\n"); lines > shownLines+2 || out.Len() > (shownLines+2)*(shownWidth+1) {
		t.Errorf("%d lines, %d bytes", lines, out.Len())
	}
	if !strings.HasSuffix(out.String(), "one_test.go:8: the last\n") {
		t.Errorf("shown: %s", out.String())
	}
}
