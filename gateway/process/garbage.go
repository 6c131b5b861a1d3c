package process

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// Go's runtime collects garbage when as much has piled up as is in use (GOGC=100). A gateway with a small schema uses a
// few megabytes, so that it collected many times a second under load, and spent a seventh of its CPU time on that. So
// garbage may always take up leastGarbage. If more than that is in use, the percentage is Go's default.

const (
	// leastGarbage is how much garbage may pile up before it is collected, however little is in use, in bytes.
	leastGarbage = 16 << 20
	// leastUsed is the least that counts as in use, in bytes. The runtime's least heap is in proportion to GOGC: 4 MB at
	// 100.
	leastUsed = 4 << 20
	// usualPercent is Go's default for GOGC.
	usualPercent = 100
	// loadPercent is GOGC while all of the schema is loaded. At the default, a process with a large schema would take
	// twice the memory that it needs, and keep it. At 20, a load of 100,000 relations takes up to 1.3 times the memory
	// that is held before, at 10 up to 1.22 times and more CPU time.
	loadPercent = 15
)

// collector sets how much garbage may pile up. If the operator has set GOGC, it changes that for loads only.
type collector struct {
	mu sync.Mutex
	// usual is what GOGC is without loads.
	usual int
	// loads is the number of loads that are running.
	loads int
	// chosen is set if the operator has set GOGC.
	chosen bool
}

// newCollector returns a collector for the state of the runtime.
func newCollector() *collector {
	usual := debug.SetGCPercent(usualPercent)
	debug.SetGCPercent(usual)
	return &collector{usual: usual, chosen: os.Getenv("GOGC") != ""}
}

// frugally has little garbage pile up until end is called, which returns memory to the system.
func (c *collector) frugally() (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loads++
	c.set()
	return func() {
		debug.FreeOSMemory()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.loads--
		c.set()
	}
}

// set applies what is known. A negative percentage means that the runtime collects nothing before its memory limit.
func (c *collector) set() {
	percent := c.usual
	if c.loads > 0 && (percent < 0 || percent > loadPercent) {
		percent = loadPercent
	}
	debug.SetGCPercent(percent)
}

// follow adapts the percentage to what is in use after each collection, until ctx ends.
func (c *collector) follow(ctx context.Context) {
	if c.chosen {
		return
	}
	c.adapt(inUse())
	atCollections(func() bool {
		if ctx.Err() != nil {
			return false
		}
		c.adapt(inUse())
		return true
	})
}

// adapt sets the percentage for the number of bytes in use, unless it differs little.
func (c *collector) adapt(used uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	percent := percentFor(used)
	if difference := percent - c.usual; difference == 0 || percent != usualPercent && max(difference, -difference) < c.usual/8 {
		return
	}
	c.usual = percent
	c.set()
}

// percentFor returns the percentage at which leastGarbage may pile up, or usualPercent if that allows more.
func percentFor(used uint64) int {
	if used >= leastGarbage {
		return usualPercent
	}
	return int(usualPercent * leastGarbage / max(used, leastUsed))
}

// inUse returns what the percentage is of: the bytes that were found in use by the last collection, stacks included.
func inUse() uint64 {
	samples := [...]metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(samples[:])
	used := uint64(0)
	for i := range samples {
		used += samples[i].Value.Uint64()
	}
	return used
}

// sentinel is an object that nothing refers to, so that each collection finds it.
type sentinel struct{ found func() (again bool) }

// atCollections calls found after each collection of garbage, until it returns false. Finalizers run one after the
// other, in a goroutine of the runtime.
func atCollections(found func() (again bool)) {
	runtime.SetFinalizer(&sentinel{found}, (*sentinel).finalize)
}

func (s *sentinel) finalize() {
	if s.found() {
		runtime.SetFinalizer(s, (*sentinel).finalize)
	}
}
