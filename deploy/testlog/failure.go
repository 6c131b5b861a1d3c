package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

const (
	// shownLines bounds the lines that are repeated of one failed test.
	shownLines = 30
	// shownWidth bounds the length of each of them, in bytes.
	shownWidth = 300
)

// failure is a failed test with what it wrote.
type failure struct {
	test
	output string
}

// message matches the first line of what a test reported with t.Error, t.Fatal or t.Log, or of a panic.
var message = regexp.MustCompile(`^(\s*)(\w+\.go:\d+: |panic: |fatal error: |WARNING: DATA RACE)`)

// messages returns the lines of a test's messages without what other code has logged in between. Lines that are indented
// further than the first line of a message belong to it.
func messages(output string) []string {
	var lines []string
	indent := -1
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		switch m := message.FindStringSubmatch(line); {
		case m != nil:
			indent = len(m[1])
		case indent < 0 || len(line)-len(strings.TrimLeft(line, " \t")) <= indent:
			indent = -1
			continue
		}
		lines = append(lines, line[:min(len(line), shownWidth)])
	}
	return lines
}

// repeat prints the messages of the failed tests once more, the last ones of each, or the last lines of its output if
// it has none. Whoever sees only the end of a long log sees why it failed.
func repeat(out io.Writer, failed []failure) {
	for _, f := range failed {
		lines := messages(f.output)
		if len(lines) == 0 {
			lines = strings.Split(strings.TrimRight(f.output, "\n"), "\n")
		}
		fmt.Fprintf(out, "\nfailed: %s\n", f.test)
		for _, line := range lines[max(0, len(lines)-shownLines):] {
			fmt.Fprintln(out, line)
		}
	}
}
