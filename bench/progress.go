package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// progress reports what the suite does: on a terminal with a line that shows the current rate, otherwise as plain
// lines.
type progress struct {
	out  io.Writer
	live bool
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// printf writes a line.
func (p *progress) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

const (
	refresh = 250 * time.Millisecond
	// window is the number of refreshes over which the current rate is averaged. The floor reports once a second.
	window = 4
)

// watch announces a measurement and shows the current rate of answers until stop is called.
func (p *progress) watch(label string, answered *atomic.Int64) (stop func()) {
	if !p.live {
		p.printf("%s", label)
		return func() {}
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() { p.refresh(label, answered, done) })
	return func() {
		close(done)
		group.Wait()
	}
}

// clearLine clears the terminal's line (ECMA-48, EL).
const clearLine = "\r\x1b[K"

func (p *progress) refresh(label string, answered *atomic.Int64, done <-chan struct{}) {
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	start := time.Now()
	var seen [window]int64
	for tick := 0; ; tick++ {
		now := answered.Load()
		current := float64(now-seen[tick%window]) / (window * refresh).Seconds()
		seen[tick%window] = now
		_, _ = fmt.Fprintf(p.out, "%s%s  %.0f/s", clearLine, label, current)
		select {
		case <-ticker.C:
		case <-done:
			_, _ = fmt.Fprintf(p.out, "%s%s  %.0f/s\n", clearLine, label, float64(answered.Load())/time.Since(start).Seconds())
			return
		}
	}
}
