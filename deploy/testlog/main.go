// Command testlog reads the output of "go test -json" (go doc test2json) and prints what a developer needs: the result
// of each package, the output of failed tests, the tests that have been running for long, and at the end the slowest
// ones. It exits with status 1 if anything failed.
//
//	go test -json ./... | go run ./deploy/testlog
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// interval is the time between reports of the running tests.
const interval = 20 * time.Second

func main() {
	l := newLog(os.Stdout)
	lines := make(chan []byte)
	go read(os.Stdin, lines)
	for tick := time.NewTicker(interval); ; {
		select {
		case line, more := <-lines:
			if more {
				l.line(line)
				continue
			}
			tick.Stop()
			if !l.end() {
				os.Exit(1)
			}
			return
		case now := <-tick.C:
			l.showRunning(now)
		}
	}
}

// read sends the lines of a reader to the channel, then closes it.
func read(r io.Reader, lines chan<- []byte) {
	defer close(lines)
	for in := bufio.NewReader(r); ; {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			lines <- line
		}
		if err != nil {
			return
		}
	}
}

// event is a line of "go test -json".
type event struct {
	Time    time.Time
	Action  string
	Package string
	Test    string
	Elapsed float64 // in seconds
	Output  string
}

// line handles a line. Lines that are not events, such as messages of the go command, are printed.
func (l *log) line(line []byte) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil || e.Action == "" {
		fmt.Fprintf(l.out, "%s", line)
		return
	}
	l.event(&e)
}
