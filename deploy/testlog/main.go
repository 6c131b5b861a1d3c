// Command testlog reads what "go test -json" writes (go doc test2json) and shows of it what a developer wants to see:
// each package's result when it has one, all that failing tests said, which tests are running when they take long, and
// at the end the slowest ones. It ends with status 1 if anything failed.
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

// interval is how often the tests that are running are shown.
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

// read sends the lines of a reader, then closes the channel.
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

// line notes a line. What is no event, such as what the go command itself says, is shown.
func (l *log) line(line []byte) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil || e.Action == "" {
		fmt.Fprintf(l.out, "%s", line)
		return
	}
	l.event(&e)
}
